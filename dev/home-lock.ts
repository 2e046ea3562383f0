import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
    take(lock, mine);
  } finally {
    rmSync(mine, { force: true });
  }
  return () => rmSync(lock, { force: true });
}

function take(lock: string, mine: string): void {
  // A link appears whole or not at all, so nobody ever reads half a lock.
  while (!linked(mine, lock)) {
    refuseWhileHeld(lock);
    breakStale(lock, mine);
  }
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

function refuseWhileHeld(lock: string): void {
  const pid = holderOf(lock);
  if (pid !== undefined)
    throw new Error(
      `Turnpike is already running on ${path.dirname(lock)} (process ${pid}). Stop it first, or set TURNPIKE_HOME and the port variables to run another beside it.`,
    );
}

/**
 * Only who holds the lock's own lock may remove it, and looks again first: another start may have taken it over
 * since. That second lock can be left behind too, and is then broken in the same way.
 */
function breakStale(lock: string, mine: string): void {
  const breaking = `${lock}.breaking`;
  take(breaking, mine);
  try {
    if (holderOf(lock) === undefined) rmSync(lock, { force: true });
  } finally {
    rmSync(breaking);
  }
}

/** The live process that holds `lock`; undefined also for a lock that a power cut left without content. */
function holderOf(lock: string): number | undefined {
  try {
    const { pid, identity } = JSON.parse(readFileSync(lock, "utf8")) as { pid: number; identity: string };
    return identityOf(pid) === identity ? pid : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
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
