import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Deps } from "../../deps.ts";
import { invalidField } from "../../errors.ts";
import type { KeyHolder } from "../../identity/api-key.ts";
import { fingerprintOf } from "../../identity/fingerprint.ts";
import { inFlight, sameRequest } from "../../identity/idempotency-key.ts";
import { findKey, spendableOf } from "../../identity/keys.ts";
import { inTurn } from "../../ledger/turns.ts";
import { balanceOf, hold, type Queryable } from "../../ledger.ts";
import { CODE_ORDERS } from "../../limits.ts";
import { dollarsOf } from "../../prices.ts";
import { readFields } from "../../providers/phone/fields.ts";
import type { Call } from "../../sale.ts";
import { buyNumber, type HeldOrder } from "./buy-number.ts";
import { type EndDeps, itemOf } from "./end.ts";
import type { CodeOrder, NewOrder } from "./order.ts";
import { addOrder, findNamed } from "./orders.ts";
import { outOfStock, priceChanged, type Refusal, refusalError } from "./refusals.ts";
import type { Shelf } from "./shelf.ts";

export type PurchaseDeps = EndDeps & Pick<Deps, "publicUrl" | "stopping"> & { readonly shelf: Shelf };

export type Purchase = {
  readonly call: Call;
  readonly by: KeyHolder;
  readonly idempotencyKey: string | undefined;
};

/** An order with a number, or one that failed before there was any. */
export type Purchased = { readonly order: CodeOrder; readonly isReplay: boolean };

export const PURCHASE = { method: "POST", path: "/api/v1/customer/purchase" } as const;

/**
 * Buys a number for one code: checks everything, sets the price aside, and only then asks the supplier.
 *
 * @throws ApiError invalid_field, out_of_stock, price_changed, provider_unavailable, sales_paused, cooldown, order_limit,
 * insufficient_balance, key_cap_reached, idempotency_conflict, request_in_flight; nothing is charged with any of them
 */
export async function purchase(deps: PurchaseDeps, asked: Purchase): Promise<Purchased> {
  const wanted = readWanted(asked.call.body);
  const fingerprint = fingerprintOf(PURCHASE, asked.call);
  // Before today's catalogue and price: what was bought yesterday stays bought.
  const known = await named(deps, asked);
  if (known) return told(sameRequest(known, fingerprint, asked.by));
  const offered = await offerOf(deps.shelf, wanted);
  const held = await holdPrice(deps, asked.by, newOrder(deps, asked, { ...offered, fingerprint }));
  if (held) return { order: await buyNumber(deps, held), isReplay: false };
  // A copy of this request was quicker.
  const winner = await named(deps, asked);
  if (!winner) throw inFlight();
  return told(sameRequest(winner, fingerprint, asked.by));
}

const MOST_USD = 10_000;
const shape = z.object({
  service: z.string("must be a service of /api/v1/catalog/services").max(64, "is too long").toLowerCase(),
  country: z.string("must be a country of /api/v1/catalog/countries").max(64, "is too long").toLowerCase(),
  max_price_usd: z
    .number("must be a number of dollars")
    .positive("must be above 0")
    .max(MOST_USD, `must be at most ${MOST_USD}`)
    .optional(),
});

type Wanted = { service: string; country: string; maxPriceMicroUsd: bigint | undefined };

function readWanted(body: unknown): Wanted {
  const { service, country, max_price_usd: most } = readFields(shape, body);
  return { service, country, maxPriceMicroUsd: most === undefined ? undefined : BigInt(Math.round(most * 1e6)) };
}

const named = async ({ db }: PurchaseDeps, { by, idempotencyKey }: Purchase): Promise<CodeOrder | undefined> =>
  idempotencyKey === undefined ? undefined : findNamed(db.pool, by.accountId, idempotencyKey);

/** @throws ApiError request_in_flight */
function told(order: CodeOrder): Purchased {
  if (order.state === "buying") throw inFlight();
  return { order, isReplay: true };
}

type Offered = Pick<NewOrder, "service" | "country" | "priceMicroUsd" | "costMicroUsd" | "timeoutSec">;

async function offerOf(shelf: Shelf, { service, country, maxPriceMicroUsd }: Wanted): Promise<Offered> {
  const sold = shelf.service(service);
  if (!sold) throw invalidField("service", "is not in the catalogue: see /api/v1/catalog/services");
  if (!shelf.country(country)) throw invalidField("country", "is not in the catalogue: see /api/v1/catalog/countries");
  const offer = (await shelf.goods()).offer(service, country);
  if (!offer || offer.stock === 0) throw outOfStock({ service, country });
  const { priceMicroUsd, costMicroUsd } = offer;
  if (maxPriceMicroUsd !== undefined && priceMicroUsd > maxPriceMicroUsd)
    throw priceChanged({ price_usd: dollarsOf(priceMicroUsd), max_price_usd: dollarsOf(maxPriceMicroUsd) });
  return { service, country, priceMicroUsd, costMicroUsd, timeoutSec: sold.timeoutSec };
}

const newOrder = (
  { clock }: PurchaseDeps,
  { by: { accountId, keyId, holder }, idempotencyKey }: Purchase,
  offered: Offered & Pick<NewOrder, "fingerprint">,
): NewOrder => ({ id: randomUUID(), accountId, keyId, holder, idempotencyKey, ...offered, createdAtMs: clock.nowMs() });

/** Order and hold stand together or not at all; undefined when the account has given this name before. */
function holdPrice({ db }: PurchaseDeps, by: KeyHolder, wanted: NewOrder): Promise<HeldOrder | undefined> {
  const { id: orderId, accountId, keyId, priceMicroUsd: amountMicroUsd, createdAtMs } = wanted;
  const inTransaction = () =>
    db.transaction(async (client) => {
      const order = await addOrder(client, wanted, createdAtMs + CODE_ORDERS.buyingSec * 1000);
      if (!order) return undefined;
      await refuse(client, wanted);
      const at = new Date(createdAtMs);
      const held = { cause: `hold:${orderId}`, accountId, orderId, keyId, item: itemOf(wanted), amountMicroUsd, at };
      if (!(await hold(client, held))) throw new Error(`the price of order ${orderId} was held before it was made`);
      return { ...order, costMicroUsd: wanted.costMicroUsd, balanceMicroUsd: await leftOf(client, by) };
    });
  return inTurn(db.pool, accountId, inTransaction);
}

async function leftOf(client: Queryable, { accountId, keyId, mayManage }: KeyHolder): Promise<bigint> {
  const balance = await balanceOf(client, accountId);
  const key = mayManage ? undefined : await findKey(client, { keyId, accountIds: [accountId] });
  return key ? spendableOf(key, balance) : balance;
}

/** @throws ApiError sales_paused, cooldown, order_limit */
async function refuse(client: Queryable, { accountId, service, country, createdAtMs }: NewOrder): Promise<void> {
  const { cooldownSec, waitingPerAccount, perAccountADay, perServiceADay } = CODE_ORDERS;
  const { rows } = await client.query<{ refusal: Refusal; free_at: Date | null }>({
    name: "codes-refusal",
    text: "select refusal, free_at from app.code_order_refusal($1, $2, $3, $4, make_interval(secs => $5), $6, $7, $8)",
    values: [
      accountId,
      service,
      country,
      new Date(createdAtMs),
      cooldownSec,
      waitingPerAccount,
      perAccountADay,
      perServiceADay,
    ],
  });
  const [refused] = rows;
  if (!refused) return;
  const freeInSec = refused.free_at === null ? undefined : (refused.free_at.getTime() - createdAtMs) / 1000;
  throw refusalError(refused.refusal, freeInSec);
}
