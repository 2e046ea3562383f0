import { ApiError } from "../../errors.ts";
import type { Reason } from "../../providers/facilitator/reasons.ts";

/** What one payer may have under way, and how often his payments may come to nothing at our cost, in how long. */
export const ROOM = { open: 50, turnedAway: 5, withinMs: 600_000 } as const;

export type Standing = {
  /** His orders that are being settled. */
  readonly open: number;
  /** Those of the last minutes that could not be. */
  readonly turnedAway: number;
  readonly firstTurnedAwayMs: number | undefined;
};

/**
 * Why a payer's next order is not taken, when there was no room for it: it would have been sent to the chain at our cost.
 *
 * @throws ApiError rate_limited
 */
export function withoutRoom({ open, turnedAway, firstTurnedAwayMs }: Standing, nowMs: number): Reason {
  if (turnedAway >= ROOM.turnedAway && firstTurnedAwayMs !== undefined)
    throw new ApiError("rate_limited", {
      message: "Too many payments of this wallet could not be settled.",
      retryAfterSec: (firstTurnedAwayMs + ROOM.withinMs - nowMs) / 1000,
    });
  if (open < ROOM.open) return "insufficient_funds";
  const message = "Too many payments of this wallet are being settled.";
  throw new ApiError("rate_limited", { message, retryAfterSec: 5 });
}
