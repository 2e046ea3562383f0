import type pg from "pg";
import type { Address, Hex } from "viem";
import type { Chain, ReceiverChain } from "../contracts/chains.ts";
import type { Clock } from "./clock.ts";
import { findPayments } from "./indexed/find-payments.ts";
import { findSettlement } from "./indexed/find-settlement.ts";
import { GRACE_SEC } from "./indexed/judge.ts";
import { openNews } from "./indexed/news.ts";
import { openRoom, type Room } from "./indexed/room.ts";
import { readCheckpoints } from "./indexed/rows.ts";

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
export type SettlementQuery = {
  payer: Address;
  nonce: Hex;
  confirmations?: number;
  /**
   * The transaction that somebody says it is in. That is no proof: while the index has not come to its block, what it
   * holds is read from the chain.
   */
  reportedTxHash?: Hex | undefined;
};

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

export type IndexedReceiver = {
  chain: ReceiverChain;
  rpcUrls: readonly string[];
  address: Address;
  startBlock: bigint;
};

export type IndexedDeps = {
  pool: pg.Pool;
  /** For the connection that listens. */
  databaseUrl: string;
  /** The first one is the chain that `findPayments` asks. */
  chains: readonly [IndexedChain, ...IndexedChain[]];
  /** Where `findSettlement` looks; without it nothing can be known of settlements. */
  receiver?: IndexedReceiver | undefined;
  clock: Clock;
  log: { warn(fields: object, message: string): void };
};

/** The door to what Ponder indexed, told as if there were no indexer: from its rows, or while it lags from the chain. */
export async function openIndexed(deps: IndexedDeps): Promise<Indexed> {
  const { chains, receiver } = deps;
  const rooms = chains.map((chain) => openRoom(deps, chain));
  const [gatewayRoom] = rooms as [Room];
  const [{ gateway }] = chains;
  const receiverRoom = receiver && openRoom(deps, receiver);
  const news = await openNews({ ...deps, everyBlock: rooms.some(({ chain }) => chain.confirmations > 0) });
  return {
    findPayments: (query) => findPayments(gatewayRoom, gateway, query),
    findSettlement: async (query) =>
      receiver && receiverRoom ? findSettlement(receiverRoom, receiver, query) : NOTHING_KNOWN,
    freshness: () => freshness(deps, receiverRoom ? [...rooms, receiverRoom] : rooms),
    changed: (signal) => news.next(signal),
    close: () => news.close(),
  };
}

const NOTHING_KNOWN: FoundSettlement = { settlement: undefined, knownToSec: undefined, isFinal: false };

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
