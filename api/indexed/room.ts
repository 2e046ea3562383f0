import type pg from "pg";
import type { Chain } from "../../contracts/chains.ts";
import type { Clock } from "../clock.ts";
import { createJudge, GRACE_SEC, type Judge, LATE_SEC } from "./judge.ts";
import { type Nodes, openNodes, type Range } from "./nodes.ts";
import type { Checkpoint } from "./rows.ts";

export type RoomDeps = {
  pool: pg.Pool;
  clock: Clock;
  log: { warn(fields: object, message: string): void };
};

/** One chain: its part of the index, and its nodes. */
export type Room<Known extends Chain = Chain> = {
  deps: RoomDeps;
  chain: Known;
  nodes: Nodes;
  judge: Judge;
  /** Why the index could not be read when it was last tried, so that it is told once and not per request. */
  unreadable?: string | undefined;
};

export function openRoom<Known extends Chain>(
  deps: RoomDeps,
  { chain, rpcUrls }: { chain: Known; rpcUrls: readonly string[] },
): Room<Known> {
  const nodes = openNodes({ chain, rpcUrls, log: deps.log });
  return { deps, chain, nodes, judge: createJudge({ ...nodes, maxQuietSec: chain.maxQuietSec }, deps.clock) };
}

/** What `read` takes from the index; undefined without views or database: the chain may know all the same. */
export async function fromIndex<T>(room: Room, read: Promise<T>): Promise<T | undefined> {
  try {
    const rows = await read;
    room.unreadable = undefined;
    return rows;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (room.unreadable !== reason) room.deps.log.warn({ reason }, "the index cannot be read");
    room.unreadable = reason;
    return undefined;
  }
}

export async function isFresh({ judge }: Room, checkpoint: Checkpoint): Promise<boolean> {
  const lagSec = await judge(checkpoint);
  return lagSec !== undefined && lagSec <= GRACE_SEC;
}

/** Up to when a fresh index holds everything, Unix seconds. */
export const knownByIndex = ({ deps }: Room, { timeSec }: Checkpoint): number =>
  Math.max(timeSec, deps.clock.nowMs() / 1000 - LATE_SEC);

/** A node that has told nothing new for too long may have frozen: what it told is true, and may be out of date. */
export function knownByNode({ chain, deps }: Room, headSec: number): number | undefined {
  const nowSec = deps.clock.nowMs() / 1000;
  return nowSec - headSec > chain.maxQuietSec ? undefined : Math.max(headSec, nowSec - LATE_SEC);
}

/** What is not final in a stale index may have left the chain since: the chain is asked for all of that again. */
export const rangeAfter = (startBlock: bigint, checkpoint: Checkpoint | undefined): Range =>
  checkpoint ? { since: checkpoint.finalBlock + 1n, notBelow: checkpoint.block } : { since: startBlock, notBelow: 0n };
