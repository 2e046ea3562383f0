import { bazaarOf } from "../payments/x402/bazaar.ts";
import type { Listed } from "./listed-sales.ts";

/** Who lists it, and since when it is as it is. */
export type Lister = { readonly publicUrl: string; readonly providerName: string; readonly since: string };

/** One entry of a Bazaar's list: a sale as `@x402/extensions` reads it. */
export function bazaarItem({ sale, offer }: Listed, { publicUrl, providerName, since }: Lister) {
  return {
    resource: offer.resourceUrl,
    type: "http",
    x402Version: 2,
    accepts: [offer.requirements],
    lastUpdated: since,
    description: sale.description,
    mimeType: "application/json",
    serviceName: providerName,
    tags: sale.id.split("."),
    iconUrl: `${publicUrl}/favicon.svg`,
    extensions: { bazaar: bazaarOf(sale) },
  };
}

export type BazaarItem = ReturnType<typeof bazaarItem>;
