import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { lockHome } from "../../dev/home-lock.ts";
import { identityOf } from "../../dev/identity.ts";

/** What another start does just after this one has read the lock. */
const meanwhile = vi.hoisted(() => ({ happens: () => {} }));

vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  const readFileSync = (file: string, encoding: "utf8") => {
    const text = fs.readFileSync(file, encoding);
    if (path.basename(file) === "lock") meanwhile.happens();
    return text;
  };
  return { ...fs, readFileSync };
});

const STALE = JSON.stringify({ pid: 2 ** 22 - 1, identity: "long ago" });
let home: string;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "turnpike-lock-"));
});
afterEach(() => {
  meanwhile.happens = () => {};
  rmSync(home, { recursive: true, force: true });
});

it("leaves a stale lock to the start that was faster in taking it over", () => {
  writeFileSync(path.join(home, "lock"), STALE);
  const faster = JSON.stringify({ pid: process.ppid, identity: identityOf(process.ppid) });
  meanwhile.happens = () => writeFileSync(path.join(home, "lock"), faster);
  expect(() => lockHome(home)).toThrow(`(process ${process.ppid})`);
  expect(readdirSync(home)).toEqual(["lock"]);
});

it("takes a lock that is given back while it is looked at", () => {
  writeFileSync(path.join(home, "lock"), STALE);
  meanwhile.happens = () => rmSync(path.join(home, "lock"), { force: true });
  lockHome(home)();
  expect(readdirSync(home)).toEqual([]);
});

it("breaks what a start left that was killed while breaking, and a lock without content", () => {
  writeFileSync(path.join(home, "lock"), "");
  writeFileSync(path.join(home, "lock.breaking"), STALE);
  const unlock = lockHome(home);
  expect(existsSync(path.join(home, "lock.breaking"))).toBe(false);
  unlock();
  expect(readdirSync(home)).toEqual([]);
});
