import { Gauge } from "prom-client";
import type { ReceiverChain } from "../../../contracts/chains.ts";
import { type Clock, nowSec } from "../../clock.ts";
import type { Db } from "../../db.ts";
import type { Metrics } from "../../metrics.ts";
import { type Reconciliation, reconcile } from "./reconcile.ts";

export type MeasureDeps = {
  readonly db: Pick<Db, "pool">;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, "registry">;
  readonly receiver: { readonly chain: Pick<ReceiverChain, "finalBlocks"> } | undefined;
  readonly log: { error(fields: object, message: string): void };
};

const STATUSES = ["error", "pending", "refunded"] as const;

/**
 * Reconciles when it is run, and keeps what came of it for `/metrics`: reading all that was ever paid takes too long for
 * every scrape. Nothing is told before the first index is ready. All processes tell of the same books.
 */
export function measureReconciliation({ db, clock, metrics, receiver, log }: MeasureDeps): () => Promise<void> {
  const registers = [metrics.registry];
  const amount = new Gauge({
    name: "turnpike_reconciliation_difference_micro_usd",
    help: "What the ledger and the chain are apart, 1e-6 USD, by status: only an error is one",
    labelNames: ["status"] as const,
    registers,
  });
  const count = new Gauge({
    name: "turnpike_reconciliation_differences",
    help: "Differences between the ledger and the chain, by status: only an error is one",
    labelNames: ["status"] as const,
    registers,
  });
  const time = new Gauge({
    name: "turnpike_reconciliation_time_seconds",
    help: "When the ledger and the chain were last compared, Unix time: what the others tell is as old",
    registers,
  });
  return async () => {
    const found = await unlessThereIsNone(
      reconcile(db.pool, { nowSec: nowSec(clock), finalBlocks: receiver?.chain.finalBlocks }),
    );
    if (!found) return;
    time.set(nowSec(clock));
    for (const status of STATUSES) {
      const of = found.differences.filter((difference) => difference.status === status);
      count.set({ status }, of.length);
      amount.set({ status }, Number(of.reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0n)));
    }
    if (found.errors > 0) log.error({ errors: told(found) }, "the ledger and the chain do not agree");
  };
}

/** Before the first index is ready its tables are not there. */
export const unlessThereIsNone = <T>(work: Promise<T>): Promise<T | undefined> =>
  work.catch((error: { code?: string }) => {
    if (error.code === "42P01") return undefined;
    throw error;
  });

const MOST_TOLD = 20;

const told = ({ differences, errors }: Reconciliation) =>
  differences
    .slice(0, Math.min(errors, MOST_TOLD))
    .map((difference) => ({ ...difference, amountMicroUsd: difference.amountMicroUsd.toString() }));
