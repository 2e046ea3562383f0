import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { numberSales } from "../../../api/products/numbers/sales.ts";
import { smsSale } from "../../../api/products/sms/send.ts";
import type { OnceDeps } from "../../../api/providers/phone/once.ts";
import type { JsonObject, Order, Sale } from "../../../api/sale.ts";
import type { Order as Fault } from "../../../dev/carriers/twilio/control.ts";
import { type Death, mortal } from "../phone/mortal.ts";
import { wallet } from "../phone/phone-shop.ts";
import { createTwilioShop, type TwilioShop } from "./twilio-shop.ts";

/** More by hand: RUNS=10000 SEED=1 node node_modules/.bin/vitest run --project api test/api/twilio/random */
const RUNS = Number(process.env.RUNS ?? 180);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const AT_ONCE = 6;

let world: TwilioShop;
beforeAll(async () => {
  world = await createTwilioShop({ balanceUsd: 1e9 });
});
afterAll(() => world?.close());

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

const HOWS = ["500", "503", "reset", "half", "html", "429"] as const;

function faultOf(at: string): Fault {
  const how = oneOf(HOWS);
  if (how === "429") return { at, how, retryAfterSec: oneOf([0, 1, 3]) };
  return chance(0.1) ? { at, how: "error", status: 400, code: 21614 } : { at, how, done: chance(0.5) };
}

function misfortune(product: "text" | "number"): void {
  const { order } = world.twilio;
  const places = product === "text" ? ["send", "find_text"] : ["buy", "find_number", "configure", "search", "prices"];
  for (const at of places) if (chance(0.35)) order(faultOf(at));
  if (product === "number" && chance(0.2)) order({ at: "buy", how: "unconfigured" });
  order({ receipts: oneOf(["usual", "twice", "reversed", "early", "bad_signature", "never", "undelivered"] as const) });
}

type Run = { product: "text" | "number"; input: JsonObject; death: Death | undefined };
type Ended = Run & { reference: string; isDone: boolean };

function runOf(): Run {
  const product = chance(0.75) ? "text" : "number";
  const input =
    product === "text"
      ? { to: `+44770090000${oneOf([1, 2, 3, 4])}`, text: oneOf(["your code is 1", "your code is 2"]) }
      : { country: oneOf(["US", "GB", "CA"]) };
  const death = chance(0.5)
    ? { step: 1 + Math.floor(dice() * 10), when: oneOf(["before", "after"] as const) }
    : undefined;
  return { product, input, death };
}

const saleOf = (deps: object, { product, input }: Run): Sale => {
  const id = product === "text" ? "sms.send" : input.country === "US" ? "numbers.buy.us" : "numbers.buy.intl";
  const sales = [...numberSales(deps as never), smsSale(deps as never)];
  return sales.find((sale) => sale.id === id) as Sale;
};

/** A paid call that a process dies over, and that others end. */
async function live(run: Run): Promise<Ended> {
  misfortune(run.product);
  const { deps } = world.shop.server;
  const all = { ...deps, phone: world.phone } as typeof deps & OnceDeps;
  const order: Order = {
    ...{ id: randomUUID(), payer: wallet.address, chainId: 8453, input: run.input },
    priceMicroUsd: saleOf(all, run).priceMicroUsd,
  };
  const ended = (isDone: boolean): Ended => ({ ...run, reference: order.id, isDone });
  if (run.death) {
    const { deps: doomed } = mortal(all, run.death);
    await saleOf(doomed, run)
      .fulfil(order)
      .catch(() => {});
  }
  for (;;) {
    const error = await saleOf(all, run)
      .fulfil(order)
      .then(
        () => undefined,
        (thrown: Error & { retryAfterSec?: number }) => thrown,
      );
    if (!error) return ended(true);
    if (error.name !== "NotYet") return ended(false);
    world.shop.clock.advance(error.retryAfterSec ?? 1);
  }
}

it(`has one effect for what is sold and none for what is credited, whatever goes wrong (seed ${SEED})`, async () => {
  const ended: Ended[] = [];
  const { twilio, shop } = world;
  while (ended.length < RUNS) {
    ended.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => live(runOf())))));
    twilio.order({ usual: true });
  }
  await twilio.idle();
  const texts = ended.filter(({ product }) => product === "text");
  const sold = texts.filter(({ isDone }) => isDone);
  expect(twilio.messages().length).toBe(sold.length);
  const told = new Map<string, number>();
  for (const { to, body } of twilio.messages()) told.set(`${to} ${body}`, (told.get(`${to} ${body}`) ?? 0) + 1);
  for (const [pair, count] of told)
    expect([pair, count]).toEqual([pair, sold.filter(({ input }) => `${input.to} ${input.text}` === pair).length]);
  for (const { reference, isDone } of ended.filter(({ product }) => product === "number"))
    expect(twilio.numbers().filter(({ friendlyName }) => friendlyName === reference)).toHaveLength(isDone ? 1 : 0);
  const { rows } = await shop.server.deps.db.pool.query(
    "select count(*)::int as n, count(distinct carrier_id)::int as names from app.carrier_name where reference = any($1)",
    [ended.filter(({ isDone }) => isDone).map(({ reference }) => reference)],
  );
  const count = ended.filter(({ isDone }) => isDone).length;
  expect(rows).toEqual([{ n: count, names: count }]);
  expect([sold.length, texts.length - sold.length].every((share) => share > 0)).toBe(true);
});
