import { randomInt } from "node:crypto";
import type { Absent, Bought, NumberOrder, Refused, Unknown } from "../../phone.ts";
import { carrierIdOf, claimName } from "../carrier-names.ts";
import { E164 } from "../fields.ts";
import { type Account, isSurelyOver, pathOf, TWILIO } from "./account.ts";
import { configure, type Held } from "./configure.ts";
import type { Fields, Told } from "./line.ts";
import { KINDS, onSale } from "./on-sale.ts";
import { monthlyPrices } from "./prices.ts";
import { reasonOf, refusalOf } from "./refusals.ts";

/** Numbers that others were quicker to buy, and how long new ones are tried: callers wait. */
const BUY = { mostTries: 8, begunWithinMs: 12_000 } as const;

export async function buyNumber(account: Account, order: NumberOrder): Promise<Bought | Refused | Absent | Unknown> {
  const patience = AbortSignal.timeout(BUY.begunWithinMs);
  const prices = await monthlyPrices(account, order.country);
  if (order.maxCostMicroUsd !== undefined && prices === undefined) return { kind: "absent" };
  const affordable = KINDS.filter(({ priced }) => isWithin(prices?.get(priced), order.maxCostMicroUsd));
  if (affordable.length === 0) return { kind: "refused", reason: "price_rose" };
  const left = { tries: BUY.mostTries as number, patience };
  for (const kind of affordable) {
    const numbers = await onSale(account, { country: order.country, kind, query: choiceOf(order) });
    if (numbers === undefined) return { kind: "absent" };
    const told = await takeOneOf(account, order, { numbers, left });
    if (told) return boughtOf(account, { reference: order.reference, told, costMicroUsd: prices?.get(kind.priced) });
  }
  return { kind: "refused", reason: "out_of_stock" };
}

type Choice = { numbers: readonly string[]; left: { tries: number; patience: AbortSignal } };

/** The answer to the first that nobody else had before; undefined, when there is none or it is enough. */
async function takeOneOf(account: Account, order: NumberOrder, { numbers, left }: Choice): Promise<Told | undefined> {
  // Those who buy at the same time are shown the same numbers.
  const first = numbers.length > 0 ? randomInt(numbers.length) : 0;
  for (const phoneNumber of [...numbers.slice(first), ...numbers.slice(0, first)]) {
    if (left.tries-- <= 0 || left.patience.aborted) return undefined;
    const told = await take(account, order, phoneNumber);
    if (!isGone(told)) return told;
  }
  return undefined;
}

/** Those that want an address are of no use to who has named none. */
const choiceOf = ({ requirements }: NumberOrder): Fields =>
  requirements?.AddressSid || requirements?.BundleSid ? {} : { ExcludeAllAddressRequired: "true" };

const isWithin = (price: bigint | undefined, most: bigint | undefined) =>
  most === undefined || (price !== undefined && price <= most);

const isGone = (told: Told) =>
  told.kind === "answer" && told.status === 400 && reasonOf(told.json.code) === "out_of_stock";

/** The operator's names of what a country asks for that a purchase takes. */
const REQUIREMENTS = ["AddressSid", "BundleSid", "IdentitySid"] as const;

/** Its friendly name is our reference, by which it is found when the answer is missed. */
function take(account: Account, { reference, requirements = {} }: NumberOrder, phoneNumber: string): Promise<Told> {
  const named = REQUIREMENTS.flatMap((name) => (requirements[name] ? [[name, requirements[name]] as const] : []));
  const form = { PhoneNumber: phoneNumber, FriendlyName: reference, ...configure.fields(account) };
  const path = pathOf(account, "/IncomingPhoneNumbers.json");
  return account.line.act({ what: "buy", path, form: { ...form, ...Object.fromEntries(named) } });
}

type Sold = { reference: string; told: Told; costMicroUsd: bigint | undefined };

async function boughtOf(
  account: Account,
  { reference, told, costMicroUsd }: Sold,
): Promise<Bought | Refused | Absent | Unknown> {
  if (told.kind !== "answer" || told.status >= 300) return refusalOf(told, "not_sold");
  return holdOf(account, reference, { held: told.json, costMicroUsd });
}

type Holding = { held: Held; costMicroUsd: bigint | undefined };

/** A number is sold on only once its texts come to us; one whose texts never will goes back. */
async function holdOf(
  account: Account,
  reference: string,
  { held, costMicroUsd }: Holding,
): Promise<Bought | Refused | Unknown> {
  if (!E164.test(held.phone_number)) return { kind: "unknown" };
  await claimName(account.db.pool, { carrier: TWILIO, carrierId: held.sid, reference });
  const configured = await configure(account, held);
  if (configured === "refused" && (await giveBack(account, held.sid))) return { kind: "refused", reason: "not_sold" };
  if (configured !== "done") return { kind: "unknown" };
  return {
    kind: "bought",
    phoneNumber: held.phone_number,
    ...(costMicroUsd !== undefined && { costMicroUsd }),
  };
}

export async function findPurchase(
  account: Account,
  reference: string,
  triedAt: Date,
): Promise<Bought | Refused | Absent | Unknown> {
  const isFinal = isSurelyOver(account, triedAt);
  const held = await heldAs(account, reference);
  if (held === undefined) return { kind: "unknown" };
  if (held[0]) return holdOf(account, reference, { held: held[0], costMicroUsd: undefined });
  return { kind: isFinal ? "absent" : "unknown" };
}

/** Undefined, where that is not known. */
async function heldAs(account: Account, reference: string): Promise<Held[] | undefined> {
  const path = pathOf(account, "/IncomingPhoneNumbers.json");
  const told = await account.line.ask({ what: "find number", path, query: { FriendlyName: reference } });
  if (told.kind !== "answer" || told.status !== 200) return undefined;
  const numbers: Held[] = told.json.incoming_phone_numbers ?? [];
  return numbers.filter(({ friendly_name }) => friendly_name === reference);
}

export async function release(account: Account, { reference }: { reference: string }): Promise<void> {
  for (const sid of await sidsOf(account, reference))
    if (!(await giveBack(account, sid))) throw new Error("Twilio did not take the number back");
}

/** False, where that is not certain; again is no error. */
async function giveBack(account: Account, sid: string): Promise<boolean> {
  const told = await account.line.remove({ what: "release", path: numberPath(account, sid) });
  return told.kind === "answer" && (told.status === 204 || told.status === 404);
}

/** By its name, which an operator may have changed there, and by the id that was told when it was bought. */
async function sidsOf(account: Account, reference: string): Promise<ReadonlySet<string>> {
  const known = await carrierIdOf(account.db.pool, TWILIO, reference);
  const held = await heldAs(account, reference);
  if (held === undefined) throw new Error("Twilio does not tell whether the number is held");
  return new Set([...held.map(({ sid }) => sid), ...(known === undefined ? [] : [known])]);
}

export const numberPath = (account: Account, sid: string): string =>
  pathOf(account, `/IncomingPhoneNumbers/${sid}.json`);
