import type { Chain } from "../../contracts/chains.ts";
import type { Clock } from "../clock.ts";
import type { Nodes } from "./nodes.ts";
import type { Checkpoint } from "./rows.ts";

/** A block that has waited longer than this is missing from the index, not merely on its way into it. */
export const GRACE_SEC = 5;

/** No block comes with a time as long ago as this: who asked a node for its head knows all blocks up to then. */
export const LATE_SEC = 60;

/**
 * For how long, at most, the oldest block that is not indexed has been waiting; 0 when none is. Undefined when the
 * index looks old and the chain cannot be asked, or has been quiet for too long to be believed.
 */
export type Judge = (checkpoint: Checkpoint) => Promise<number | undefined>;

/**
 * A quiet chain mines nothing, so an old checkpoint alone proves nothing: only when its age is suspicious is the chain
 * asked for its head.
 */
export function createJudge(
  chain: Pick<Nodes, "head" | "blockTimeSec"> & Pick<Chain, "maxQuietSec">,
  clock: Clock,
): Judge {
  let standstill: { block: bigint; sinceMs: number; oldestSec: number } | undefined;

  // The node that fed the index may have frozen with it.
  const quietLagSec = (ageSec: number) => (ageSec > chain.maxQuietSec ? undefined : 0);

  return async ({ block, timeSec }) => {
    const nowMs = clock.nowMs();
    const ageSec = nowMs / 1000 - timeSec;
    // A block of the future is as suspicious: the clock of a chain may run ahead of ours and would hide any lag.
    if (Math.abs(ageSec) <= GRACE_SEC) return Math.max(0, ageSec);

    const head = await chain.head();
    if (head === undefined) return undefined;
    if (head <= block) {
      standstill = undefined;
      return quietLagSec(ageSec);
    }
    if (standstill?.block !== block) {
      const oldestSec = await chain.blockTimeSec(block + 1n);
      if (oldestSec === undefined) return undefined;
      standstill = { block, sinceMs: nowMs, oldestSec };
    }
    return Math.max(0, nowMs / 1000 - standstill.oldestSec, (nowMs - standstill.sinceMs) / 1000);
  };
}
