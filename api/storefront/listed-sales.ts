import type { Deps } from "../deps.ts";
import { type Offer, offerOf } from "../payments/x402/offer.ts";
import type { Sale } from "../sale.ts";

/** Something that is sold, and what a 402 asks for it. */
export type Listed = { readonly sale: Sale; readonly offer: Offer };

export type ListingDeps = Pick<Deps, "publicUrl" | "receiver" | "facilitator">;

/** What can be bought per call right now: nothing, while nobody would settle what is paid. */
export function listedSales({ publicUrl, receiver, facilitator }: ListingDeps, sales: readonly Sale[]): Listed[] {
  if (!receiver || !facilitator) return [];
  return sales.map((sale) => ({ sale, offer: offerOf(sale, { publicUrl, receiver }) }));
}

/** Dollars in digits, as registries read them: "100.00", "0.05", "0.0125". */
export function usdText(microUsd: bigint): string {
  const [whole, fraction = ""] = [microUsd / 1_000_000n, String(microUsd % 1_000_000n).padStart(6, "0")];
  return `${whole}.${fraction.replace(/0{1,4}$/, "")}`;
}
