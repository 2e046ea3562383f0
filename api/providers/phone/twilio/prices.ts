import { microUsdOf } from "../../otp/usd.ts";
import type { Account } from "./account.ts";

/** What numbers of a country cost a month, 1e-6 USD, by Twilio's name of their kind; undefined, while that is not told. */
export async function monthlyPrices(
  { line }: Pick<Account, "line">,
  country: string,
): Promise<ReadonlyMap<string, bigint> | undefined> {
  const path = `/v1/PhoneNumbers/Countries/${country}`;
  const told = await line.ask({ what: "number prices", host: "pricing", path });
  if (told.kind !== "answer" || (told.status !== 200 && told.status !== 404)) return undefined;
  const prices = new Map<string, bigint>();
  // In a country that Twilio has no prices of, or for an account in another currency, nothing is known to be cheap enough.
  if (told.status === 404 || !isUsd(told.json.price_unit)) return prices;
  for (const { number_type: kind, current_price: price } of told.json.phone_number_prices ?? []) {
    const microUsd = microUsdOf(price);
    if (typeof kind === "string" && microUsd !== undefined) prices.set(kind, microUsd);
  }
  return prices;
}

/** What was taken for a text: Twilio tells it as a negative amount, some time after it was sent. */
export function paidMicroUsd({ price, price_unit }: { price?: unknown; price_unit?: unknown }): bigint | undefined {
  if (price === null || price === undefined || !isUsd(price_unit)) return undefined;
  return microUsdOf(String(price).replace(/^-/, ""));
}

const isUsd = (unit: unknown): boolean => String(unit).toUpperCase() === "USD";
