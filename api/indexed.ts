import type pg from "pg";
import type { Address, Hex } from "viem";
import type { Chain } from "../contracts/chains.ts";
import type { Clock } from "./clock.ts";
import { type ChainLogs, openChainLogs } from "./indexed/chain-logs.ts";
import { createJudge, GRACE_SEC, type Judge, LATE_SEC } from "./indexed/judge.ts";
import { openNews } from "./indexed/news.ts";
import { type Checkpoint, readCheckpoints, readPayments } from "./indexed/rows.ts";

/** One `Paid` log. Addresses are lowercase, amounts in wei or the token's atomic units, times in Unix seconds. */
export type IndexedPayment = {
  txHash: Hex;
  logIndex: number;
  payer: Address;
  merchant: Address;
  token: Address;
  amountGross: bigint;
  blockNumber: bigint;
  blockTime: number;
};

/** `knownToSec`: no other payment was mined up to then, Unix seconds. Undefined: what is here was paid, the rest cannot be known. */
export type Found = { payments: IndexedPayment[]; knownToSec: number | undefined };

/** Whose payments: all three as on chain, in any letter case. */
export type PaymentQuery = { onChainId: Hex; merchant: Address; token: Address };

/** One transfer of USDC into the receiver that spent an authorization. Hex is lowercase, times are Unix seconds. */
export type IndexedSettlement = {
  chainId: number;
  txHash: Hex;
  logIndex: number;
  payer: Address;
  nonce: Hex;
  /** Atomic units of USDC, 1e-6. */
  amount: bigint;
  blockNumber: bigint;
  blockTime: number;
};

/** Whose authorization, in any letter case, and how many blocks its settlement needs on top of its own (none by default). */
export type SettlementQuery = { payer: Address; nonce: Hex; confirmations?: number };

export type FoundSettlement = {
  /** Undefined also while it has too few confirmations. */
  settlement: IndexedSettlement | undefined;
  /**
   * Up to then, Unix seconds, no other settlement of this authorization was mined: none found, and this past its
   * `validBefore`, means that there is none. Undefined: it cannot be known.
   */
  knownToSec: number | undefined;
  /** No reorg can take the settlement back any more. */
  isFinal: boolean;
};

export type Freshness = {
  chainId: number;
  /** For how long, at most, the oldest block that is not indexed yet has been waiting; 0 also while there is no index. */
  lagSec: number;
  /** Null while there is no index of this chain. */
  checkpointBlock: bigint | null;
  /** False also when the index looks old and no RPC URL answers: then it cannot be known. */
  fresh: boolean;
};

export type Indexed = {
  /**
   * The payments with enough confirmations, by block and log index, at most 1000 (the largest). While the index is
   * stale they come from the chain itself, and when neither can tell, `knownToSec` is undefined.
   */
  findPayments(query: PaymentQuery): Promise<Found>;
  /** The settlement of one authorization on the receiver's chain; with a stale index, and without one, as `findPayments`. */
  findSettlement(query: SettlementQuery): Promise<FoundSettlement>;
  freshness(): Promise<Freshness[]>;
  /** Resolves when the index has changed, when a second has passed, or when `signal` aborts. */
  changed(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

export type IndexedChain = {
  chain: Chain;
  rpcUrls: readonly string[];
  gateway: { address: Address; startBlock: bigint };
};

export type IndexedDeps = {
  pool: pg.Pool;
  /** For the connection that listens. */
  databaseUrl: string;
  /** The first one is the chain that `findPayments` asks. */
  chains: readonly [IndexedChain, ...IndexedChain[]];
  clock: Clock;
  log: { warn(fields: object, message: string): void };
};

type Room = {
  deps: IndexedDeps;
  chain: Chain;
  logs: ChainLogs;
  judge: Judge;
  /** Why the index could not be read when it was last tried, so that it is told once and not per request. */
  unreadable?: string | undefined;
};

/** The door to what Ponder indexed, told as if there were no indexer: from its rows, or while it lags from the chain. */
export async function openIndexed(deps: IndexedDeps): Promise<Indexed> {
  const [first, ...others] = deps.chains;
  const gatewayRoom = roomOf(deps, first);
  const rooms = [gatewayRoom, ...others.map((chain) => roomOf(deps, chain))];
  const news = await openNews({ ...deps, everyBlock: rooms.some(({ chain }) => chain.confirmations > 0) });
  return {
    findPayments: (query) => findPayments(gatewayRoom, query),
    findSettlement: async () => ({ settlement: undefined, knownToSec: undefined, isFinal: false }),
    freshness: () => freshness(deps, rooms),
    changed: (signal) => news.next(signal),
    close: () => news.close(),
  };
}

function roomOf(deps: IndexedDeps, { chain, rpcUrls, gateway }: IndexedChain): Room {
  const logs = openChainLogs({ chain, rpcUrls, gateway, log: deps.log });
  return { deps, chain, logs, judge: createJudge({ ...logs, maxQuietSec: chain.maxQuietSec }, deps.clock) };
}

async function findPayments(room: Room, query: PaymentQuery): Promise<Found> {
  const index = await readPayments(room.deps.pool, room.chain.id, query).catch((error) => unreadable(room, error));
  if (index) room.unreadable = undefined;
  const settled = (payments: readonly IndexedPayment[], head: bigint) =>
    payments.filter(({ blockNumber }) => head - blockNumber >= room.chain.confirmations);
  if (index && (await isFresh(room, index.checkpoint)))
    return {
      payments: settled(index.payments, index.checkpoint.block),
      knownToSec: Math.max(index.checkpoint.timeSec, room.deps.clock.nowMs() / 1000 - LATE_SEC),
    };

  // What is not final in a stale index may have left the chain since: the chain is asked for all of that again.
  const final = index?.payments.filter(({ blockNumber }) => blockNumber <= index.checkpoint.finalBlock) ?? [];
  const range = index && { since: index.checkpoint.finalBlock + 1n, notBelow: index.checkpoint.block };
  const read = await room.logs.payments(query, range);
  if (read) {
    const payments = settled([...final, ...read.payments], read.head);
    return { payments, knownToSec: knownTo(room, read.headSec) };
  }
  // A bound id is paid once: what was found is all that there will ever be.
  const kept = isBound(query.onChainId) ? (index?.payments ?? []) : final;
  return { payments: index ? settled(kept, index.checkpoint.block) : [], knownToSec: undefined };
}

/** A node that has told nothing new for too long may have frozen: what it told is true, and may be out of date. */
function knownTo({ chain, deps }: Room, headSec: number): number | undefined {
  const nowSec = deps.clock.nowMs() / 1000;
  return nowSec - headSec > chain.maxQuietSec ? undefined : Math.max(headSec, nowSec - LATE_SEC);
}

const isBound = (onChainId: Hex): boolean => !onChainId.startsWith("0x00000000");

async function isFresh({ judge }: Room, checkpoint: Checkpoint): Promise<boolean> {
  const lagSec = await judge(checkpoint);
  return lagSec !== undefined && lagSec <= GRACE_SEC;
}

async function freshness(deps: IndexedDeps, rooms: readonly Room[]): Promise<Freshness[]> {
  const checkpoints = await readCheckpoints(deps.pool).catch(() => undefined);
  return Promise.all(
    rooms.map(async ({ chain, judge }) => {
      const checkpoint = checkpoints?.get(chain.id);
      const lagSec = checkpoint && (await judge(checkpoint));
      const ageSec = checkpoint ? deps.clock.nowMs() / 1000 - checkpoint.timeSec : 0;
      return {
        chainId: chain.id,
        lagSec: Math.round(lagSec ?? Math.max(0, ageSec)),
        checkpointBlock: checkpoint?.block ?? null,
        fresh: lagSec !== undefined && lagSec <= GRACE_SEC,
      };
    }),
  );
}

/** No views yet, or no database: the chain may know all the same. */
function unreadable(room: Room, error: Error): undefined {
  if (room.unreadable !== error.message) room.deps.log.warn({ reason: error.message }, "the index cannot be read");
  room.unreadable = error.message;
}
