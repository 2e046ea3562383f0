import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { identityOf } from "../../dev/identity.ts";
import { keepAlive, type Running, type Watch } from "../../dev/keep-alive.ts";
import { ended } from "../../dev/process.ts";
import { openRoster } from "../../dev/roster.ts";

let home: string;
let watch: Watch;
let starting: AbortController;
const lines: string[] = [];
const children: ChildProcess[] = [];

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "turnpike-alive-"));
  starting = new AbortController();
  lines.length = 0;
  const roster = openRoster(path.join(home, "processes.json"));
  watch = { roster, log: (line) => lines.push(line), signal: starting.signal };
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
    await ended(child);
  }
  rmSync(home, { recursive: true, force: true });
});

function sleeper(ready?: Promise<void>): Running {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  children.push(child);
  const exited = ended(child);
  const early = exited.then(() => Promise.reject(new Error("ended early")));
  early.catch(() => {});
  return {
    pid: child.pid as number,
    exited,
    ...(ready ? { ready: Promise.race([ready, early]) } : {}),
    stop: async () => {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

it("starts a process again that was killed, and tells which life it is", async () => {
  const lives: Running[] = [];
  const numbers: number[] = [];
  const launch = async (life: number) => {
    numbers.push(life);
    lives.push(sleeper());
    return lives.at(-1) as Running;
  };
  const kept = await keepAlive({ name: "sleeper", launch }, watch);
  process.kill(kept.first.pid, "SIGKILL");
  await vi.waitFor(() => expect(lines).toEqual(["sleeper ended; starting it again", "sleeper runs again"]), 5_000);
  expect(numbers).toEqual([0, 1]);
  await kept.stop();
  expect(lives.map(({ pid }) => identityOf(pid))).toEqual([undefined, undefined]);
});

it("goes on trying while the process does not start", async () => {
  let failures = 2;
  const launch = async (life: number) => {
    if (life > 0 && failures-- > 0) throw new Error("no luck");
    return sleeper();
  };
  const kept = await keepAlive({ name: "sleeper", launch }, watch);
  process.kill(kept.first.pid, "SIGKILL");
  await vi.waitFor(() => expect(lines.at(-1)).toBe("sleeper runs again"), 10_000);
  expect(lines.filter((line) => line === "sleeper does not start: no luck")).toHaveLength(2);
  await kept.stop();
});

it("hands a failure of the first launch to its caller", async () => {
  const launch = () => Promise.reject(new Error("port taken"));
  await expect(keepAlive({ name: "sleeper", launch }, watch)).rejects.toThrow("port taken");
});

it("ends a first launch that is still under way when the start is called off", async () => {
  let launched: Running | undefined;
  const launch = async () => {
    launched = sleeper(new Promise(() => {}));
    return launched;
  };
  const kept = keepAlive({ name: "sleeper", launch }, watch);
  await vi.waitFor(() => expect(launched).toBeDefined());
  starting.abort();
  await expect(kept).rejects.toThrow("ended early");
  expect(identityOf(launched?.pid as number)).toBeUndefined();
});
