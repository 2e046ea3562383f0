import type { SignedWish } from "../x402.ts";

/** What is bought here, which says what its answer means after a reload, too. */
export type Kind = "top-up" | "line" | "renewal" | "text";

/** Signed, and not known yet to be bought or refused. */
export type Unfinished = SignedWish & { readonly kind: Kind; readonly title: string };

const keptAt = (address: string): string => `turnpike.purchase.${address.toLowerCase()}`;

/** Kept before it is sent: a tab that is lost then has lost nothing. */
export const keepUnfinished = (purchase: Unfinished): void =>
  localStorage.setItem(keptAt(purchase.payer), JSON.stringify(purchase));

export const forgetUnfinished = ({ payer }: Unfinished): void => localStorage.removeItem(keptAt(payer));

/** What this wallet has left unfinished in this browser. */
export function unfinishedOf(address: string): Unfinished | undefined {
  const kept = localStorage.getItem(keptAt(address));
  return kept === null ? undefined : (JSON.parse(kept) as Unfinished);
}
