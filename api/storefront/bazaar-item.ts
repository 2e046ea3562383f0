import type { PaymentRequirements } from "@x402/core/types";
import { bazaarOf } from "../payments/x402/bazaar.ts";
import type { JsonObject } from "../sale.ts";
import type { Listed } from "./listed-sales.ts";

/** Who lists it, and since when it is as it is. */
export type Lister = { readonly publicUrl: string; readonly providerName: string; readonly since: string };

/** One entry of a Bazaar's list. */
export type BazaarItem = {
  readonly resource: string;
  readonly type: "http";
  readonly x402Version: 2;
  readonly accepts: readonly PaymentRequirements[];
  /** ISO. */
  readonly lastUpdated: string;
  readonly description: string;
  readonly mimeType: string;
  readonly serviceName: string;
  readonly tags: readonly string[];
  readonly iconUrl: string;
  readonly extensions: { readonly bazaar: JsonObject };
};

/** A sale as `@x402/extensions` reads it. */
export function bazaarItem({ sale, offer }: Listed, { publicUrl, providerName, since }: Lister): BazaarItem {
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
