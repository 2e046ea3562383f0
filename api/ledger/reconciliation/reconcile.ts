import type pg from "pg";
import { chainById } from "../../../contracts/chains.ts";
import { inTransaction } from "../../db.ts";
import { UNCLAIMED_AFTER_SEC } from "../../limits.ts";
import { type Books, type Refunded, readBooks, type Totals, type Unequal } from "./read.ts";

/**
 * - `uncredited`: it reached the receiver, and the ledger has less of it
 * - `unbacked`: the ledger has more than reached the receiver
 * - `paid_back`: the operator has given it back on chain, and the ledger has it still: it was delivered, or can be spent
 * - `escrow`: what is held for an order is not what it costs, or the order is over
 * - `below_zero`, `folio`: an account has less than nothing; what its folios carry is not what was posted
 * - `sum`: all accounts together are not nothing
 */
export type Difference = {
  readonly kind: "uncredited" | "unbacked" | "paid_back" | "escrow" | "below_zero" | "folio" | "sum";
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

export type Moment = {
  readonly nowSec: number;
  /** How many blocks the operator waits for, where he does not take what is usual on that chain. */
  readonly finalBlocks?: number | undefined;
};

/** Compares what reached the receiver with what the ledger says of it, as of one moment. @throws while there is no index */
export async function reconcile(pool: pg.Pool, moment: Moment): Promise<Reconciliation> {
  const books = await inTransaction(pool, readBooks, "begin isolation level repeatable read read only");
  const differences = [...paymentsOf(books, moment), ...housekeeping(books)];
  const errors = differences.filter(({ status }) => status === "error");
  return {
    chains: books.totals,
    escrowMicroUsd: books.escrow,
    differences: [...errors, ...differences.filter(({ status }) => status !== "error")],
    errors: errors.length,
    errorMicroUsd: errors.reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0n),
  };
}

function paymentsOf({ unequal, totals, refunds }: Books, moment: Moment): Difference[] {
  const heads = new Map(totals.map(({ chainId, headBlock }) => [chainId, headBlock]));
  /** What refunds explain, they explain once. */
  const left = new Map(refunds.map((each) => [`${each.chainId} ${each.payer}`, each]));
  const differences = unequal.map((item): Difference => {
    const { chainId, payer, settled, posted } = item;
    const about = { chainId, payer, what: item.txHash ?? item.orderId ?? item.cause ?? "" };
    if (posted > settled) {
      const status = item.isWatched ? "pending" : "error";
      return { ...about, kind: "unbacked", status, amountMicroUsd: posted - settled };
    }
    const amountMicroUsd = settled - posted;
    const refund = left.get(`${chainId} ${payer}`);
    if (refund && amountMicroUsd <= refund.refunded) {
      left.set(`${chainId} ${payer}`, { ...refund, refunded: refund.refunded - amountMicroUsd });
      return { ...about, kind: "uncredited", status: "refunded", amountMicroUsd };
    }
    const status = isPending(item, heads.get(chainId) ?? null, moment) ? "pending" : "error";
    return { ...about, kind: "uncredited", status, amountMicroUsd };
  });
  return [...differences, ...[...left.values()].flatMap(paidBack)];
}

function paidBack({ chainId, payer, refunded: amountMicroUsd }: Refunded): Difference[] {
  if (amountMicroUsd === 0n) return [];
  return [{ kind: "paid_back", status: "refunded", amountMicroUsd, chainId, payer, what: payer }];
}

/** Nobody has had to credit it yet. */
function isPending(
  { chainId, nonce, block, blockTime, orderId, isWatched }: Unequal,
  head: bigint | null,
  { nowSec, finalBlocks = usualOf(chainId) }: Moment,
) {
  if (orderId !== null) return isWatched;
  if (head === null || block === null || block > head - BigInt(finalBlocks) - GRACE.blocks) return true;
  return nonce !== null && (blockTime ?? 0) > nowSec - UNCLAIMED_AFTER_SEC - GRACE.sec;
}

function usualOf(chainId: number): number {
  const chain = chainById(chainId);
  return chain && "finalBlocks" in chain ? (chain.finalBlocks as number) : FINAL_BLOCKS;
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
