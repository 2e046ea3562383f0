import { afterAll, beforeAll, expect, it } from "vitest";
import type { NumberOrder } from "../../../api/providers/phone.ts";
import { createPhoneWorld, type PhoneWorld } from "../phone/phone-world.ts";
import { rulesOf } from "./rules-world.ts";

let world: PhoneWorld;
beforeAll(async () => {
  world = await createPhoneWorld();
});
afterAll(() => world?.close());

/** What the carrier is asked for by a sale whose operator has these rules. */
async function asked(country: string, rules: object) {
  const orders: NumberOrder[] = [];
  const { phone } = world.deps;
  const deps = {
    ...world.deps,
    rules: await rulesOf(rules),
    phone: {
      ...phone,
      buyNumber: (order: NumberOrder) => {
        orders.push(order);
        return phone.buyNumber(order);
      },
    },
  };
  const sale = world.sale(`numbers.buy.${country === "US" ? "us" : "intl"}`, deps);
  const order = world.order(sale, { country });
  const outcome = await sale.fulfil(order).catch((error: unknown) => error);
  return { outcome, orders, order };
}

it("a line is bought for what the operator allows, with what its country asks for", async () => {
  const requirements = { AddressSid: "AD1", BundleSid: "BU1" };
  const { orders, order } = await asked("GB", { countries: { GB: { maxLineCostUsd: 1.15, requirements } } });
  expect(orders).toEqual([{ reference: order.id, country: "GB", maxCostMicroUsd: 1_150_000n, requirements }]);
});

it("without rules for it nothing is asked besides", async () => {
  const { orders, order } = await asked("DE", { countries: { GB: { maxLineCostUsd: 1 } } });
  expect(orders).toEqual([{ reference: order.id, country: "DE" }]);
});

it("a line of a country that is not sold any more is credited, and the carrier is not asked", async () => {
  const { orders, outcome } = await asked("GB", { countries: { GB: { lines: false } } });
  expect(orders).toEqual([]);
  expect(outcome).toMatchObject({ code: "provider_failed", details: { reason: "against_rules" } });
});
