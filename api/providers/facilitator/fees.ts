import type { PublicClient } from "viem";
import type { Clock } from "../../clock.ts";

export type Fees = { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint };

const KEPT_MS = 2_000;

/** What a transaction should offer now, at most a block old. */
export function createFees(client: PublicClient, clock: Clock): () => Promise<Fees> {
  let last: { atMs: number; fees: Promise<Fees> } | undefined;
  return () => {
    const nowMs = clock.nowMs();
    if (last && nowMs - last.atMs < KEPT_MS) return last.fees;
    const fees = client.estimateFeesPerGas({ type: "eip1559", chain: null });
    last = { atMs: nowMs, fees };
    fees.catch(() => {
      if (last?.fees === fees) last = undefined;
    });
    return fees;
  };
}
