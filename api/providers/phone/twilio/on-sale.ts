import { E164 } from "../fields.ts";
import { type Account, pathOf } from "./account.ts";
import type { Fields, Json } from "./line.ts";

/** Kinds of numbers in the order in which they are bought, with the pricing's name of each. */
export const KINDS = [
  { kind: "Local", priced: "local" },
  { kind: "Mobile", priced: "mobile" },
  { kind: "TollFree", priced: "toll free" },
] as const;
export type Kind = (typeof KINDS)[number];

/** Those of an address that nobody names for it count, too: which countries are sold is for the operator's rules. */
export async function stock(account: Account, country: string): Promise<number> {
  const lists = await Promise.all(KINDS.map((kind) => onSale(account, { country, kind, query: {} })));
  const known = lists.filter((list) => list !== undefined);
  if (known.length === 0) throw new Error("Twilio does not tell its numbers");
  return known.flat().length;
}

type Search = { country: string; kind: Kind; query: Fields };

/** Numbers that take texts; undefined, where they are not told. */
export async function onSale(
  account: Account,
  { country, kind, query }: Search,
): Promise<readonly string[] | undefined> {
  const path = pathOf(account, `/AvailablePhoneNumbers/${country}/${kind.kind}.json`);
  const asked = { SmsEnabled: "true", PageSize: "50", ...query };
  const told = await account.line.ask({ what: "numbers on sale", path, query: asked });
  if (told.kind !== "answer") return undefined;
  // It has none of this kind there.
  if (told.status === 404) return [];
  if (told.status !== 200) return undefined;
  const numbers: Json[] = told.json.available_phone_numbers ?? [];
  return numbers.map(({ phone_number }) => String(phone_number)).filter((number) => E164.test(number));
}
