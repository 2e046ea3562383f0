import type { Absent, Bought, NumberOrder, Refused, Unknown } from "../../phone.ts";
import { keepCost } from "../costs.ts";
import { type Account, type Reply, TELNYX } from "./account.ts";
import { configure, heldNumber, release } from "./held.ts";
import { listOnSale, type OnSale } from "./on-sale.ts";
import { awaitOrder, cancelOrder, listOrders, type PlacedOrder, placeOrder } from "./orders.ts";
import { profileHears } from "./profile.ts";
import { isBusy, isOfAccount, numberRefusalOf } from "./refusals.ts";

/** So many numbers are looked at, so many of them asked for when others were quicker, and so many orders may fail. */
const LOOK_AT = 20;
const TRIES = 8;
const FAILURES = 3;
/** No order sets off later than this: it must be over long before a look-up may say that there is none. */
const BEGUN_WITHIN_MS = 25_000;
/** After the last try is over for us: until it is listed, whatever came of it. */
const ORDER_SETTLES_SEC = 120;

export async function stock(account: Account, country: string): Promise<number> {
  const reply = await listOnSale(account, { country, most: LOOK_AT });
  if (reply.kind === "data") return reply.data.total;
  if (reply.kind === "refused") return 0;
  throw new Error("the carrier gave no answer");
}

/** One order after the other, and the next only when the last was refused: what is unknown is never bought a second time. */
export async function buyNumber(account: Account, wanted: NumberOrder): Promise<Bought | Refused | Absent | Unknown> {
  const endMs = account.clock.nowMs() + BEGUN_WITHIN_MS;
  const choice = await choose(account, wanted);
  if (!Array.isArray(choice)) return choice;
  for (const number of choice) {
    if (account.clock.nowMs() >= endMs) break;
    const outcome = await orderOne(account, wanted, number);
    if (outcome) return outcome;
  }
  return { kind: "refused", reason: "out_of_stock" };
}

/** Undefined: nothing came of it, and it is about this number only. */
async function orderOne(
  account: Account,
  wanted: NumberOrder,
  { phoneNumber, costMicroUsd }: OnSale,
): Promise<Bought | Refused | Absent | Unknown | undefined> {
  const reply = await placeOrder(account, wanted, phoneNumber);
  if (reply.kind === "data") {
    await noteCost(account, wanted.reference, costMicroUsd);
    return become(account, wanted.reference, { ...(await awaitOrder(account, reply.data)), isSettled: false });
  }
  if (reply.kind === "unsent" || (reply.kind === "refused" && isBusy(reply.codes))) return { kind: "absent" };
  if (reply.kind === "none") return { kind: "unknown" };
  return isOfAccount(reply) ? numberRefusalOf(reply) : undefined;
}

async function choose(account: Account, wanted: NumberOrder): Promise<OnSale[] | Refused | Absent> {
  const { country, maxCostMicroUsd } = wanted;
  const reply = await listOnSale(account, { country, most: LOOK_AT });
  if (reply.kind !== "data") return nothingOrdered(reply);
  const { numbers } = reply.data;
  if (numbers.length === 0) return { kind: "refused", reason: "out_of_stock" };
  const payable = numbers.filter(({ monthlyMicroUsd }) => isPayable(monthlyMicroUsd, maxCostMicroUsd));
  if (payable.length === 0) return { kind: "refused", reason: "price_rose" };
  return spread(payable, wanted.reference).slice(0, TRIES);
}

const nothingOrdered = (reply: Exclude<Reply<unknown>, { kind: "data" }>): Refused | Absent =>
  reply.kind === "refused" && !isBusy(reply.codes) ? numberRefusalOf(reply) : { kind: "absent" };

const isPayable = (monthlyMicroUsd: bigint | undefined, maxCostMicroUsd: bigint | undefined): boolean =>
  maxCostMicroUsd === undefined || (monthlyMicroUsd !== undefined && monthlyMicroUsd <= maxCostMicroUsd);

/** Whoever buys at the same time sees the same list, and should not want the same number of it. */
function spread<T>(list: readonly T[], reference: string): T[] {
  const at = Number.parseInt(reference.slice(0, 8), 16) % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

/** What an order has become: bought is what can be used. `isSettled`: whatever came of it must be listed by now. */
async function become(
  account: Account,
  reference: string,
  order: PlacedOrder & { isSettled: boolean },
): Promise<Bought | Refused | Unknown> {
  const { status, phoneNumber, isComplete, isSettled } = order;
  if (status === "pending" && !isComplete)
    return (await cancelOrder(account, order)) ? inVain(account, reference, "not_sold") : { kind: "unknown" };
  if (status !== "success" || phoneNumber === undefined) return { kind: "unknown" };
  return makeUsable(account, { reference, phoneNumber, isSettled });
}

type Filled = { reference: string; phoneNumber: string; isSettled: boolean };

async function makeUsable(account: Account, filled: Filled): Promise<Bought | Refused | Unknown> {
  const { reference, phoneNumber, isSettled } = filled;
  const held = await heldNumber(account, phoneNumber);
  if (held === undefined && isSettled) return { kind: "refused", reason: "given_back" };
  if (held === undefined || held === "unknown") return { kind: "unknown" };
  const configured = await configure(account, reference, held);
  if (configured === "refused" && isSettled) {
    // A line that texts never can come to is none; and it is not held for nothing.
    await release(account, { reference, phoneNumber });
    return { kind: "refused", reason: "not_sold" };
  }
  const isUsable = configured === "done" && (await profileHears(account));
  return isUsable ? { kind: "bought", phoneNumber } : { kind: "unknown" };
}

export async function findPurchase(
  account: Account,
  reference: string,
  triedAt: Date,
): Promise<Bought | Refused | Absent | Unknown> {
  const reply = await listOrders(account, reference);
  if (reply.kind !== "data") return { kind: "unknown" };
  const isSettled = triedAt.getTime() + ORDER_SETTLES_SEC * 1000 <= account.clock.nowMs();
  const live = reply.data.find(({ status }) => status !== "failure");
  if (live) return become(account, reference, { ...live, isSettled });
  if (!isSettled) return { kind: "unknown" };
  // Orders fail when somebody else was quicker: another number may be had, but not for ever.
  return reply.data.length < FAILURES ? { kind: "absent" } : inVain(account, reference, "out_of_stock");
}

/** What an order was to cost is only taken when it is filled. */
async function inVain(account: Account, reference: string, reason: "not_sold" | "out_of_stock"): Promise<Refused> {
  await noteCost(account, reference, 0n);
  return { kind: "refused", reason };
}

async function noteCost({ db, clock }: Account, reference: string, costMicroUsd: bigint | undefined): Promise<void> {
  if (costMicroUsd === undefined) return;
  await keepCost(db.pool, { reference, carrier: TELNYX, costMicroUsd, at: new Date(clock.nowMs()) });
}
