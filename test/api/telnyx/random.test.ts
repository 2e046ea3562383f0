import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { numberSales } from "../../../api/products/numbers/sales.ts";
import { smsSale } from "../../../api/products/sms/send.ts";
import type { OnceDeps } from "../../../api/providers/phone/once.ts";
import type { JsonObject, Order, Sale } from "../../../api/sale.ts";
import type { Order as Misfortune } from "../../../dev/carriers/telnyx/control.ts";
import { startTelnyxSandbox, type TelnyxSandbox } from "../../../dev/carriers/telnyx/server.ts";
import { type Death, mortal } from "../phone/mortal.ts";
import { createPhoneShop, type PhoneShop, wallet } from "../phone/phone-shop.ts";

/** More by hand: RUNS=10000 SEED=1 node node_modules/.bin/vitest run --project api test/api/telnyx/random */
const RUNS = Number(process.env.RUNS ?? 90);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const AT_ONCE = 6;

let sandbox: TelnyxSandbox;
let shop: PhoneShop;
beforeAll(async () => {
  const clock = { nowMs: () => (shop as PhoneShop | undefined)?.clock.nowMs() ?? Date.now() };
  sandbox = await startTelnyxSandbox({ clock, orderMs: 0 });
  sandbox.order({ balanceUsd: "900000000" });
  sandbox.order({ goods: { country: "US", stock: 800 } });
  sandbox.order({ goods: { country: "GB", stock: 800 } });
  shop = await createPhoneShop(sandbox.env);
});
afterAll(async () => {
  await shop?.close();
  await sandbox?.close();
});

/** Mulberry32. */
function diceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const dice = diceOf(SEED);
const oneOf = <T>(all: readonly T[]): T => all[Math.floor(dice() * all.length)] as T;
const chance = (share: number) => dice() < share;

function faultAt(place: string): Misfortune {
  const how = oneOf(["500", "reset", "half", "html", "garbage", "429"] as const);
  if (how === "429") return { fault: { place, how, retryAfterSec: oneOf([0, 1, 3]) } };
  if (chance(0.1)) return { fault: { place, how: "refuse", status: 422, code: "40310" } };
  return { fault: { place, how, done: chance(0.5) } };
}

const PLACES = {
  text: ["text", "records", "message"],
  number: ["search", "order", "orders", "held", "configure", "profile", "cancel"],
} as const;

function misfortune(product: keyof typeof PLACES): void {
  for (const place of PLACES[product]) if (chance(0.35)) sandbox.order(faultAt(place));
  const order = oneOf(["usual", "usual", "gone", "fails", "papers"] as const);
  if (product === "number") sandbox.order({ plan: { order } });
  const text = oneOf(["usual", "duplicate", "reordered", "early", "forged", "none", "undelivered"] as const);
  if (product === "text") sandbox.order({ plan: { text } });
  sandbox.order({ bareRecords: chance(0.5) });
}

type Run = { product: keyof typeof PLACES; input: JsonObject; death: Death | undefined };
type Ended = Run & { reference: string; isDone: boolean };

function runOf(): Run {
  const product = chance(0.75) ? "text" : "number";
  const to = `+44770090000${oneOf([1, 2, 3, 4])}`;
  const input = product === "text" ? { to, text: oneOf(["it is 1", "it is 2 👋"]) } : { country: oneOf(["US", "GB"]) };
  const death = { step: 1 + Math.floor(dice() * 10), when: oneOf(["before", "after"] as const) };
  return { product, input, death: chance(0.5) ? death : undefined };
}

const saleOf = (deps: object, { product, input }: Run): Sale => {
  const id = product === "text" ? "sms.send" : input.country === "US" ? "numbers.buy.us" : "numbers.buy.intl";
  const sales = [...numberSales(deps as never), smsSale(deps as never)];
  return sales.find((sale) => sale.id === id) as Sale;
};

/** A paid call that a process dies over, and that others end. */
async function live(run: Run): Promise<Ended> {
  misfortune(run.product);
  const deps = shop.server.deps as typeof shop.server.deps & OnceDeps;
  const priceMicroUsd = saleOf(deps, run).priceMicroUsd;
  const buyer = { payer: wallet.address, chainId: 8453 };
  const order: Order = { id: randomUUID(), ...buyer, input: run.input, priceMicroUsd };
  if (run.death)
    await saleOf(mortal(deps, run.death).deps, run)
      .fulfil(order)
      .catch(() => {});
  for (;;) {
    const error = await saleOf(deps, run)
      .fulfil(order)
      .then(
        () => undefined,
        (thrown: Error & { retryAfterSec?: number }) => thrown,
      );
    if (error?.name !== "NotYet") return { ...run, reference: order.id, isDone: error === undefined };
    shop.clock.advance(error.retryAfterSec ?? 1);
  }
}

it(`has one effect for what is sold and none for what is credited, whatever goes wrong (seed ${SEED})`, async () => {
  const ended: Ended[] = [];
  while (ended.length < RUNS) {
    ended.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => live(runOf())))));
    sandbox.order({ usual: true });
  }
  const texts = ended.filter(({ product }) => product === "text");
  const sold = texts.filter(({ isDone }) => isDone);
  const told = sandbox.texts().map(({ webhookUrl }) => webhookUrl?.split("/").at(-1));
  expect(told.sort()).toEqual(sold.map(({ reference }) => reference).sort());
  for (const { reference, isDone } of ended.filter(({ product }) => product === "number"))
    expect(sandbox.numbers().filter((number) => number.reference === reference)).toHaveLength(isDone ? 1 : 0);
  const { rows } = await shop.server.deps.db.pool.query("select count(*)::int as n from app.carrier_name");
  expect(rows).toEqual([{ n: sold.length }]);
  expect([sold.length, texts.length - sold.length].every((share) => share > 0)).toBe(true);
});
