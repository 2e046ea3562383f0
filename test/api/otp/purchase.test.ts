import { afterAll, beforeAll, expect, it } from "vitest";
import { createWorld } from "../../world.ts";
import { ENV, type OrderShop, shopOf } from "../orders/order-shop.ts";
import type { StandIn } from "../orders/stand-in.ts";
import { closeAll, openStocked, type Several } from "./several.ts";

let several: Several;
let shop: OrderShop;
let close: () => Promise<void>;
beforeAll(async () => {
  several = await openStocked([
    ["0.05", 4],
    ["0.06", 3],
  ]);
  const { otp, clock } = several;
  const world = await createWorld(ENV, () => ({ clock, otp }));
  shop = shopOf({ ...world, clock }, otp as StandIn);
  close = world.close;
});
afterAll(async () => {
  await close?.();
  await closeAll();
});

it("a number that the cheapest supplier has not is bought at the next one, for the price that was told", async () => {
  const { supplier, clock } = several;
  const key = await shop.key(100_000n);
  const { body: catalog } = await shop.world.ask("/api/v1/catalog/countries?service=discord");
  expect(catalog.countries).toMatchObject([{ country: "id", price_usd: 0.07, available: 7 }]);
  supplier(1).order({ fault: { action: "getNumber", how: "word", word: "NO_BALANCE" } });
  supplier(2).order({ code: "never" });
  const { status, body } = await shop.purchase(key);
  expect([status, body.price_usd, await key.balance()]).toEqual([200, 0.07, 30_000n]);
  expect(JSON.stringify(body)).not.toMatch(/supplier|"2:/);
  const { id: activation } = supplier(2).activations()[0] ?? {};
  const row = await shop.row(body.order_id);
  // What it cost us, for the operator's books.
  expect([row.activation_id, row.cost_micro_usd]).toEqual([`2:${activation}`, "60000"]);
  clock.advance(120);
  expect((await shop.cancel(key, body.order_id)).body.status).toBe("cancelled");
  expect([await key.balance(), supplier(2).activations()[0]?.state]).toEqual([100_000n, "cancelled"]);
  expect(supplier(1).activations()).toEqual([]);
  await shop.audit();
});

it("is told that the price has risen, when it is to be had for more only", async () => {
  const { supplier, clock } = several;
  const key = await shop.key(100_000n);
  supplier(2).order({ goods: { service: "ds", country: "6", costUsd: "0.09" } });
  clock.advance(5);
  supplier(1).order({ fault: { action: "getNumber", how: "word", word: "NO_NUMBERS" } });
  const { status, body } = await shop.purchase(key);
  expect([status, body.error, await key.balance()]).toEqual([409, "price_changed", 100_000n]);
  await shop.audit();
});
