import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

let root: string;
let calls: string;

/** A project with the set-up script alone, and an `npx` that notes how it was called and makes node_modules. */
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "turnpike-setup-test-"));
  calls = path.join(root, "calls");
  mkdirSync(path.join(root, "dev"));
  mkdirSync(path.join(root, "bin"));
  mkdirSync(path.join(root, "tmp"));
  copyFileSync(path.resolve("dev/setup.mjs"), path.join(root, "dev", "setup.mjs"));
  writeFileSync(path.join(root, "package-lock.json"), "{}");
  writeFileSync(calls, "");
  fakeNpx("mkdir -p node_modules");
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const fakeNpx = (work: string) =>
  writeFileSync(path.join(root, "bin", "npx"), `#!/bin/sh\necho "$@" >> ${calls}\n${work}\n`, { mode: 0o755 });

function run(): ChildProcess {
  const PATH = `${path.join(root, "bin")}${path.delimiter}${process.env.PATH}`;
  const env = { ...process.env, PATH, TMPDIR: path.join(root, "tmp") };
  return spawn(process.execPath, [path.join(root, "dev", "setup.mjs")], { env, stdio: "ignore", timeout: 20_000 });
}

/** The exit code; null when it had to be killed because it came to no end. */
const setUp = (): Promise<number | null> => new Promise((resolve) => run().once("exit", resolve));

const installs = () => readFileSync(calls, "utf8").split("\n").filter(Boolean);

describe("the set-up script", () => {
  it("installs under Node 24, once, however many commands start together", async () => {
    expect(await Promise.all([setUp(), setUp(), setUp()])).toEqual([0, 0, 0]);
    expect(installs()).toEqual([expect.stringContaining("-p node@24 npm ci")]);
    expect(await setUp()).toBe(0);
    expect(installs()).toHaveLength(1);
  });

  it("installs again when the lock file changes", async () => {
    await setUp();
    writeFileSync(path.join(root, "package-lock.json"), '{ "changed": true }');
    expect(await setUp()).toBe(0);
    expect(installs()).toHaveLength(2);
  });

  it("takes over what a kill left behind, whenever it came", async () => {
    const temp = path.join(root, "tmp");
    fakeNpx("while kill -0 $PPID; do sleep 0.1; done");
    const killed = run();
    await vi.waitFor(() => expect(installs()).toHaveLength(1), { timeout: 10_000 });
    killed.kill("SIGKILL");
    await vi.waitFor(() => expect(killed.signalCode).toBe("SIGKILL"));
    const lock = readdirSync(temp).find((name) => name.startsWith("turnpike-setup-")) as string;
    fakeNpx("mkdir -p node_modules");
    expect(await setUp()).toBe(0);
    expect(readdirSync(temp)).toEqual([]);
    rmSync(path.join(root, "node_modules"), { recursive: true });
    mkdirSync(path.join(temp, lock));
    expect(await setUp()).toBe(0);
    expect(installs()).toHaveLength(3);
  });

  it("fails when the installation does, and tries again the next time", async () => {
    fakeNpx("exit 7");
    expect(await setUp()).toBe(7);
    fakeNpx("mkdir -p node_modules");
    expect(await setUp()).toBe(0);
    expect(installs()).toHaveLength(2);
  });
});
