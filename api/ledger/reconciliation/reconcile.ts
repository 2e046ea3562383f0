import type pg from "pg";
import { chainById } from "../../../contracts/chains.ts";
import { UNCLAIMED_AFTER_SEC } from "../../limits.ts";
import { type Books, readBooks, type Totals, type Unequal } from "./read.ts";

/**
 * - `uncredited`: it reached the receiver, and the ledger has less of it
 * - `unbacked`: the ledger has more than reached the receiver
 * - `escrow`: what is held for an order is not what it costs, or the order is over
 * - `below_zero`, `folio`: an account has less than nothing; what its folios carry is not what was posted
 * - `sum`: all accounts together are not nothing
 */
export type Difference = {
  readonly kind: "uncredited" | "unbacked" | "escrow" | "below_zero" | "folio" | "sum";
  /**
   * `error`, or why it is none: `pending`, while it is not final or its time has not come; `refunded`, where the
   * operator has given it back on chain.
   */
  readonly status: "error" | "pending" | "refunded";
  /** How far apart the two are, 1e-6 USD, never below zero. */
  readonly amountMicroUsd: bigint;
  readonly chainId?: number;
  readonly payer?: string;
  /** The transaction, order, account or cause that it is about. */
  readonly what: string;
};

export type Reconciliation = {
  readonly chains: readonly Totals[];
  readonly escrowMicroUsd: bigint;
  /** Errors first. */
  readonly differences: readonly Difference[];
  readonly errors: number;
  readonly errorMicroUsd: bigint;
};

/** Blocks and seconds that the deposits task gets for what has become due. */
const GRACE = { blocks: 60n, sec: 120 };
const FINAL_BLOCKS = 900;

/** Compares what reached the receiver with what the ledger says of it, as of one moment. @throws while there is no index */
export async function reconcile(pool: pg.Pool, nowSec: number): Promise<Reconciliation> {
  const books = await read(pool);
  const differences = [...paymentsOf(books, nowSec), ...housekeeping(books)];
  const errors = differences.filter(({ status }) => status === "error");
  return {
    chains: books.totals,
    escrowMicroUsd: books.escrow,
    differences: [...errors, ...differences.filter(({ status }) => status !== "error")],
    errors: errors.length,
    errorMicroUsd: errors.reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0n),
  };
}

async function read(pool: pg.Pool): Promise<Books> {
  const client = await pool.connect();
  try {
    await client.query("begin isolation level repeatable read read only");
    const books = await readBooks(client);
    await client.query("commit");
    client.release();
    return books;
  } catch (error) {
    // Which state it is in is not known.
    client.release(true);
    throw error;
  }
}

function paymentsOf({ unequal, totals }: Books, nowSec: number): Difference[] {
  const heads = new Map(totals.map(({ chainId, headBlock }) => [chainId, headBlock]));
  /** What refunds explain, they explain once. */
  const returned = new Map<string, bigint>();
  return unequal.map((item) => {
    const { chainId, payer, settled, posted } = item;
    const about = { chainId, payer, what: item.txHash ?? item.orderId ?? item.cause ?? "" };
    if (posted > settled) {
      const status = item.isWatched ? "pending" : "error";
      return { ...about, kind: "unbacked", status, amountMicroUsd: posted - settled };
    }
    const amountMicroUsd = settled - posted;
    const whose = `${chainId} ${payer}`;
    const left = item.refunded - (returned.get(whose) ?? 0n);
    if (amountMicroUsd <= left) {
      returned.set(whose, item.refunded - left + amountMicroUsd);
      return { ...about, kind: "uncredited", status: "refunded", amountMicroUsd };
    }
    const status = isPending(item, heads.get(chainId) ?? null, nowSec) ? "pending" : "error";
    return { ...about, kind: "uncredited", status, amountMicroUsd };
  });
}

/** Nobody has had to credit it yet. */
function isPending(
  { chainId, nonce, block, blockTime, orderId, isWatched }: Unequal,
  head: bigint | null,
  nowSec: number,
) {
  if (orderId !== null) return isWatched;
  const chain = chainById(chainId);
  const finalBlocks = BigInt(chain && "finalBlocks" in chain ? (chain.finalBlocks as number) : FINAL_BLOCKS);
  if (head === null || block === null || block > head - finalBlocks - GRACE.blocks) return true;
  return nonce !== null && (blockTime ?? 0) > nowSec - UNCLAIMED_AFTER_SEC - GRACE.sec;
}

function housekeeping({ escrowed, kept, sum }: Books): Difference[] {
  const status = "error";
  return [
    ...escrowed.map(({ orderId, inEscrow, expected }) => {
      return { kind: "escrow", status, amountMicroUsd: size(inEscrow - expected), what: orderId } as const;
    }),
    ...kept.map(({ accountId, balance, inOpenFolio }) => {
      const kind = balance < 0n ? "below_zero" : "folio";
      const amountMicroUsd = balance < 0n ? -balance : size(balance - inOpenFolio);
      return { kind, status, amountMicroUsd, what: `account ${accountId}` } as const;
    }),
    ...(sum === 0n ? [] : [{ kind: "sum", status, amountMicroUsd: size(sum), what: "all accounts" } as const]),
  ];
}

const size = (microUsd: bigint): bigint => (microUsd < 0n ? -microUsd : microUsd);
