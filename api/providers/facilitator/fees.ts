import type { PublicClient } from "viem";
import type { Clock } from "../../clock.ts";

export type Fees = { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint };

export type FeesDeps = {
  readonly client: PublicClient;
  readonly clock: Clock;
  /** More than this per gas is not paid for a settlement. */
  readonly maxFeeWei: bigint;
};

/** Gas costs more now than the operator wants to pay. */
export class TooExpensive extends Error {
  override readonly name = "TooExpensive";
}

const KEPT_MS = 2_000;

/** What a transaction should offer now, at most a block old. @throws TooExpensive */
export function createFees({ client, clock, maxFeeWei }: FeesDeps): () => Promise<Fees> {
  let last: { atMs: number; fees: Promise<Fees> } | undefined;
  const look = async (): Promise<Fees> => {
    const fees = await client.estimateFeesPerGas({ type: "eip1559", chain: null });
    if (fees.maxFeePerGas > maxFeeWei) throw new TooExpensive();
    return fees;
  };
  return () => {
    const nowMs = clock.nowMs();
    if (last && nowMs - last.atMs < KEPT_MS) return last.fees;
    const fees = look();
    last = { atMs: nowMs, fees };
    fees.catch(() => {
      if (last?.fees === fees) last = undefined;
    });
    return fees;
  };
}
