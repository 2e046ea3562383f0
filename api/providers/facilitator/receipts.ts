import type { Hex, PublicClient, TransactionReceipt } from "viem";
import type { Clock } from "../../clock.ts";

export type Wait = { readonly hashes: readonly Hex[]; readonly waitMs: number; readonly signal: AbortSignal };

/** Often at first, for chains that mine at once; then several times a block. */
const POLL_MS = { often: 20, times: 5, later: 50 } as const;

/** The receipt of whichever of these was mined; undefined when none was in time. */
export async function minedReceipt(
  { client, clock }: { client: PublicClient; clock: Clock },
  { hashes, waitMs, signal }: Wait,
): Promise<TransactionReceipt | undefined> {
  const untilMs = clock.nowMs() + waitMs;
  for (let polls = 0; clock.nowMs() < untilMs && !signal.aborted; polls++) {
    for (const hash of hashes) {
      // Not there yet, or a node that is away: both may be over at the next look.
      const receipt = await client.getTransactionReceipt({ hash }).catch(() => undefined);
      if (receipt) return receipt;
    }
    await clock.sleep(polls < POLL_MS.times ? POLL_MS.often : POLL_MS.later, signal);
  }
  return undefined;
}
