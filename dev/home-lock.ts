import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { identityOf } from "./identity.ts";

/**
 * Takes `home` for this process and returns what gives it back. A lock whose owner is gone is taken over.
 *
 * @throws Error when another start works in this home
 */
export function lockHome(home: string): () => void {
  const lock = path.join(home, "lock");
  const mine = path.join(home, `lock.${process.pid}`);
  writeFileSync(mine, JSON.stringify({ pid: process.pid, identity: identityOf(process.pid) }));
  try {
    // A link appears whole or not at all, so nobody ever reads half a lock.
    while (!linked(mine, lock)) breakStale(lock, home);
  } finally {
    rmSync(mine, { force: true });
  }
  return () => rmSync(lock, { force: true });
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function breakStale(lock: string, home: string): void {
  const { pid, identity } = JSON.parse(readFileSync(lock, "utf8")) as { pid: number; identity: string };
  if (identityOf(pid) === identity)
    throw new Error(
      `Turnpike is already running on ${home} (process ${pid}). Stop it first, or set TURNPIKE_HOME and the port variables to run another beside it.`,
    );
  const aside = `${lock}.${process.pid}.stale`;
  renameSync(lock, aside);
  rmSync(aside);
}

const LOOK_AGAIN_MS = 200;

/** Runs `work` while this process alone holds `folder`; waits for whoever holds it now. */
export async function whileLocked<T>(folder: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(folder, { recursive: true });
  let release = tryLock(folder);
  while (!release) {
    await pause(LOOK_AGAIN_MS);
    release = tryLock(folder);
  }
  try {
    return await work();
  } finally {
    release();
  }
}

function tryLock(folder: string): (() => void) | undefined {
  try {
    return lockHome(folder);
  } catch (error) {
    // A folder that cannot be written would never become free.
    if ((error as NodeJS.ErrnoException).code) throw error;
    return undefined;
  }
}
