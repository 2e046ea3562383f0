import type { Clock } from "../../clock.ts";
import { CODE_ORDERS } from "../../limits.ts";
import type { OtpBought, OtpDeps, OtpPurchase, OtpRefusal } from "../otp.ts";
import { nameOf } from "./activation-id.ts";
import type { Counter } from "./counter.ts";

export type FailOverDeps = { counters: readonly Counter[]; clock: Clock; log: OtpDeps["log"] };

type Candidate = { counter: Counter; costMicroUsd: bigint };

/**
 * Buys where it is cheapest, and where nothing was sold, at the next one: as long as somebody waits for it, and for no
 * more than the buyer pays. Whoever gave no answer may have sold, and nobody else is asked then.
 */
export const createFailOver =
  (deps: FailOverDeps) =>
  async (purchase: OtpPurchase): Promise<OtpBought> => {
    const { candidates, isDearer } = candidatesFor(deps.counters, purchase);
    const endMs = deps.clock.nowMs() + CODE_ORDERS.buyMs;
    const refusals: OtpRefusal[] = [];
    for (const { counter, costMicroUsd } of candidates) {
      if (deps.clock.nowMs() >= endMs) break;
      const said = await buyAt(counter, purchase, costMicroUsd);
      if (said.kind !== "refused") return said;
      const { reason } = said;
      deps.log.warn({ supplier: counter.number, reason }, "a supplier of codes sold nothing");
      refusals.push(reason);
    }
    return { kind: "refused", reason: reasonOf(refusals, isDearer) };
  };

async function buyAt(
  { number, supplier }: Counter,
  { service, country, maxCostMicroUsd }: OtpPurchase,
  costMicroUsd: bigint,
): Promise<OtpBought> {
  // Some suppliers take as much as one allows them.
  const most = costMicroUsd > maxCostMicroUsd ? costMicroUsd : maxCostMicroUsd;
  const said = await supplier.buy({ service, country, maxCostMicroUsd: most });
  return said.kind === "bought"
    ? { ...said, activationId: nameOf({ number, id: said.activationId }), costMicroUsd }
    : said;
}

/** Those who have it, the cheapest first; `isDearer`: others have it for more than the buyer pays. */
function candidatesFor(
  counters: readonly Counter[],
  { service, country, maxCostMicroUsd, mostCostMicroUsd }: OtpPurchase,
) {
  const most = mostCostMicroUsd ?? maxCostMicroUsd;
  const all = counters.flatMap((counter): Candidate[] => {
    const offer = counter.offers.lately()?.find((one) => one.service === service && one.country === country);
    return offer && offer.stock > 0 ? [{ counter, costMicroUsd: offer.costMicroUsd }] : [];
  });
  const candidates = all
    .filter(({ costMicroUsd }) => costMicroUsd <= most)
    .sort((a, b) => (a.costMicroUsd < b.costMicroUsd ? -1 : a.costMicroUsd > b.costMicroUsd ? 1 : 0));
  return { candidates, isDearer: candidates.length < all.length };
}

/** What the buyer can do something about goes first: it can be had for more, or not now. */
function reasonOf(refusals: readonly OtpRefusal[], isDearer: boolean): OtpRefusal {
  if (isDearer || refusals.includes("price_rose")) return "price_rose";
  return refusals.includes("no_numbers") ? "no_numbers" : (refusals[0] ?? "no_numbers");
}
