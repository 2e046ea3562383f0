import { CACHE, Recent } from "../../limits.ts";
import type { Sale } from "../../sale.ts";
import { type Offer, type OfferDeps, offerOf } from "./offer.ts";

/** What is asked for a sale, at its price or at the one that a buyer chose. */
export type Offers = (sale: Sale, priceMicroUsd?: bigint) => Offer;

/** Made once for everything that is sold; those of chosen prices are forgotten when there are many. */
export function createOffers(sales: readonly Sale[], deps: OfferDeps): Offers {
  const usual = new Map(sales.map((sale) => [sale.id, offerOf(sale, deps)]));
  const chosen = new Recent<Offer>(CACHE.offers);
  return (sale, priceMicroUsd = sale.priceMicroUsd) => {
    const known = usual.get(sale.id);
    if (known?.priceMicroUsd === priceMicroUsd) return known;
    const key = `${sale.id}|${priceMicroUsd}`;
    const offer = chosen.get(key) ?? offerOf(sale, deps, priceMicroUsd);
    chosen.set(key, offer);
    return offer;
  };
}
