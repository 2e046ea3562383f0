import parsePhoneNumber from "libphonenumber-js";
import { carrierIdOf } from "../carrier-names.ts";
import { type Account, pathOf, TWILIO } from "./account.ts";
import { numberPath } from "./numbers.ts";
import { monthlyPrices, paidMicroUsd } from "./prices.ts";

/** What a text took, or what a number takes a month, 1e-6 USD. */
export async function costOf(account: Account, reference: string): Promise<bigint | undefined> {
  const sid = await carrierIdOf(account.db.pool, TWILIO, reference);
  if (sid === undefined) return undefined;
  const isNumber = sid.startsWith("PN");
  const path = isNumber ? numberPath(account, sid) : pathOf(account, `/Messages/${sid}.json`);
  const told = await account.line.ask({ what: "cost", path });
  if (told.kind !== "answer" || told.status !== 200) return undefined;
  if (!isNumber) return paidMicroUsd(told.json);
  const number = parsePhoneNumber(String(told.json.phone_number));
  const country = number?.country ?? number?.getPossibleCountries()[0];
  const prices = country && (await monthlyPrices(account, country));
  return prices?.get(String(told.json.type ?? "local"));
}
