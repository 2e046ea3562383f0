import type { IndexedPayment } from "../../indexed.ts";
import type { Presented } from "./session-id.ts";
import type { Sale, Terms } from "./terms.ts";

/** What payments buy. `expiresAtSec` is undefined while they do not cover the price. */
export type Verdict = { expiresAtSec: number | undefined; receivedWei: bigint };

const NOTHING: Verdict = { expiresAtSec: undefined, receivedWei: 0n };

/** Latest second that an ISO date with four-digit years and a Postgres timestamp both hold. */
const LAST_SEC = 253_402_300_799;

/** A bound id takes one payment, and the contract took it only with these terms and in time. */
export function judgeBound(payments: readonly IndexedPayment[], terms: Terms): Verdict {
  const [payment] = payments;
  if (!payment || payment.amountGross < terms.amountWei) return NOTHING;
  return { expiresAtSec: payment.blockTime + terms.validForSec, receivedWei: payment.amountGross };
}

/**
 * An open id takes any number of payments: each time that their sum covers another full price, the session lasts
 * `validForSec` longer. Dust changes nothing. A payment mined after the quote ended counts at the price of its own
 * time, so that nobody pays for nothing and nobody keeps an old price for ever. Where the sale then asked for another
 * token or merchant it buys nothing: its number means something else there.
 */
export function judgeOpen(
  payments: readonly IndexedPayment[],
  issued: { presented: Presented; terms: Terms; sale: Sale },
): Verdict {
  let left = 0n;
  let receivedWei = 0n;
  let expiresAtSec: number | undefined;
  for (const { amountGross, blockTime } of payments) {
    const isLate = blockTime > issued.presented.expirySec;
    const terms = isLate ? termsAt(issued.sale, blockTime) : issued.terms;
    if (isLate && (issued.sale.isClosed || !isPaidAlike(terms, issued.terms))) continue;
    receivedWei += amountGross;
    left += amountGross;
    // Divided, not counted down: a price of one wei must not cost a loop per wei.
    const times = left / terms.amountWei;
    if (times === 0n) continue;
    left %= terms.amountWei;
    const start = Math.max(expiresAtSec ?? 0, blockTime);
    const boughtSec = times * BigInt(terms.validForSec);
    expiresAtSec = boughtSec > BigInt(LAST_SEC - start) ? LAST_SEC : start + Number(boughtSec);
  }
  return { expiresAtSec, receivedWei };
}

/** The version in force at `atSec`. */
function termsAt({ terms }: Sale, atSec: number): Terms {
  return terms.find((version) => version.createdAtSec <= atSec) ?? (terms.at(-1) as Terms);
}

const isPaidAlike = (one: Terms, other: Terms): boolean => one.merchant === other.merchant && one.token === other.token;
