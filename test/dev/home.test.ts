import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockHome, whileLocked } from "../../dev/home-lock.ts";
import { identityOf } from "../../dev/identity.ts";
import { ended } from "../../dev/process.ts";
import { openRoster } from "../../dev/roster.ts";
import { readSecrets } from "../../dev/secrets.ts";

let home: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "turnpike-home-"));
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
    await ended(child);
  }
  rmSync(home, { recursive: true, force: true });
});

/** A process that only SIGKILL ends, or any signal. */
async function sleeper({ ignoresSigint = false } = {}): Promise<ChildProcess & { pid: number }> {
  const ignoring = ignoresSigint ? "process.on('SIGINT', () => {});" : "";
  const script = `${ignoring} setInterval(() => {}, 1000); console.log("up")`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
  children.push(child);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return child as ChildProcess & { pid: number };
}

describe("work that one process at a time may do", () => {
  it("waits for whoever does it now", async () => {
    const events: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = whileLocked(home, async () => {
      events.push("first begins");
      await gate.promise;
      events.push("first ends");
    });
    const second = whileLocked(home, async () => events.push("second begins"));
    gate.resolve();
    await Promise.all([first, second]);
    expect(events).toEqual(["first begins", "first ends", "second begins"]);
  });

  it("gives the lock back when it fails", async () => {
    await expect(whileLocked(home, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(await whileLocked(home, async () => "free")).toBe("free");
  });
});

describe("the lock of a home", () => {
  it("keeps a second start out, and says how to run another beside it", () => {
    const unlock = lockHome(home);
    expect(() => lockHome(home)).toThrow(/already running on .* \(process \d+\).*TURNPIKE_HOME/);
    unlock();
    lockHome(home)();
  });

  it("is taken over from an owner that is gone, also when its number lives on in another process", async () => {
    writeFileSync(path.join(home, "lock"), JSON.stringify({ pid: 2 ** 22 - 1, identity: "long ago" }));
    lockHome(home)();
    writeFileSync(path.join(home, "lock"), JSON.stringify({ pid: process.pid, identity: "another boot" }));
    lockHome(home)();
    expect(existsSync(path.join(home, "lock"))).toBe(false);
  });
});

describe("the roster of a home", () => {
  const file = () => path.join(home, "processes.json");

  it("ends what a killed start left running, also what ignores SIGINT", async () => {
    const [gentle, stubborn] = [await sleeper(), await sleeper({ ignoresSigint: true })];
    const roster = openRoster(file());
    roster.add("gentle", gentle.pid);
    roster.add("stubborn", stubborn.pid);
    expect(await openRoster(file()).endLeftovers()).toEqual(["gentle", "stubborn"]);
    expect([identityOf(gentle.pid), identityOf(stubborn.pid)]).toEqual([undefined, undefined]);
    expect(existsSync(file())).toBe(false);
  }, 20_000);

  it("spares a stranger who got the number of a process that is gone", async () => {
    const stranger = await sleeper();
    writeFileSync(file(), JSON.stringify([{ name: "base", pid: stranger.pid, identity: "another one" }]));
    expect(await openRoster(file()).endLeftovers()).toEqual([]);
    expect(identityOf(stranger.pid)).toBeDefined();
  });
});

describe("the keys of a home", () => {
  it("are made once, readable by their owner alone, and differ", async () => {
    const first = await readSecrets(home, {});
    expect(first.SESSION_KEYS).toMatch(/^[0-9a-f]{64}$/);
    expect(first.SECRETS_KEY).not.toBe(first.SESSION_KEYS);
    expect(await readSecrets(home, {})).toEqual(first);
    const file = path.join(home, "secrets.json");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "utf8")).toContain(first.SECRETS_KEY);
  });

  it("give way to the environment's", async () => {
    const given = { SESSION_KEYS: "aa".repeat(32), SECRETS_KEY: "bb".repeat(32), OPERATOR_TOKEN: "cc".repeat(32) };
    expect(await readSecrets(home, given)).toEqual(given);
  });

  it("of an older build are kept, and those that it did not know are added", async () => {
    const old = { SESSION_KEYS: "aa".repeat(32), SECRETS_KEY: "bb".repeat(32) };
    writeFileSync(path.join(home, "secrets.json"), JSON.stringify(old));
    const secrets = await readSecrets(home, {});
    expect(secrets).toMatchObject(old);
    expect(secrets.OPERATOR_TOKEN).toMatch(/^[0-9a-f]{64}$/);
    expect(await readSecrets(home, {})).toEqual(secrets);
  });
});
