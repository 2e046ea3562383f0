import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { NO_SUPPLIER } from "../../../api/products/orders/supplier.ts";
import { lookAtDueOrders } from "../../../api/products/orders/tasks.ts";
import type { World } from "../../world.ts";
import type { TestKey } from "../balance/key.ts";
import { HELD, heldRequests, type OrderShop, openOrderShop, PRICE } from "./order-shop.ts";

let shop: OrderShop;
let held: () => number;
let other: World;
let key: TestKey;
beforeAll(async () => {
  shop = await openOrderShop();
  held = heldRequests(shop.world);
  other = await shop.world.sibling();
});
afterAll(() => shop?.world.close());
beforeEach(async () => {
  key = await shop.key(100n * PRICE);
});
afterEach(() => shop.audit());

const named = { "Idempotency-Key": "both" };

describe("two API processes", () => {
  it("buy once under one name", async () => {
    const gate = shop.supplier.hold("buy", "before");
    const first = shop.purchase(key, { headers: named });
    await gate.reached;
    expect((await shop.purchase(key, { headers: named, at: other })).body.error).toBe("request_in_flight");
    gate.open();
    const bought = await first;
    expect((await shop.purchase(key, { headers: named, at: other })).text).toBe(bought.text);
    expect(await key.balance()).toBe(99n * PRICE);
  });

  it("wake each other's held requests", async () => {
    const { id, activation } = await shop.bought(key);
    const holding = [shop.world, other].map((at) => shop.order(key, id, { headers: HELD, at }));
    await expect.poll(held).toBe(2);
    shop.supplier.deliver(activation, "11");
    const cancelled = await shop.cancel(key, id, other);
    expect(cancelled.body.error).toBe("already_received");
    for (const { body } of await Promise.all(holding)) expect(body).toMatchObject({ status: "received", code: "11" });
  });

  it("share the polling: one question for each time that one is due", async () => {
    const { activation } = await shop.bought(key);
    const asked = () => shop.supplier.asked.filter((what) => what === `status ${activation}`).length;
    const deps = [shop.world, other].map(({ server }) => ({ ...server.deps, otp: shop.supplier }));
    for (let round = 1; round <= 10; round++) {
      shop.world.clock.advance(3);
      await Promise.all(deps.flatMap((one) => [lookAtDueOrders(one), lookAtDueOrders(one)]));
      await expect.poll(asked).toBe(round);
    }
  });

  it("refund once when one cancels and the other times it out", async () => {
    const { id } = await shop.bought(key, { service: "mail", country: "id" });
    const gate = shop.supplier.hold("cancel", "after");
    shop.world.clock.advance(120);
    await shop.comes(gate.reached);
    expect((await shop.cancel(key, id, other)).status).toBe(200);
    gate.open();
    await expect.poll(() => key.balance()).toBe(100n * PRICE);
    expect((await shop.order(key, id)).body.status).toBe("cancelled");
  });

  it("are paused at once by either", async () => {
    await shop.operator("PUT", { paused: true });
    expect((await shop.purchase(key, { at: other })).body.error).toBe("sales_paused");
    await shop.operator("PUT", { paused: false });
    expect((await shop.purchase(key, { at: other })).status).toBe(200);
  });

  it("keep to one balance: 50 purchases at each on one that covers three", async () => {
    const poor = await shop.key(3n * PRICE);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => shop.purchase(poor, { at: i % 2 ? shop.world : other })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(await poor.balance()).toBe(0n);
  });
});

describe("an operator who takes his supplier away", () => {
  it("still pays back what was bought, by cancel and by time-out", async () => {
    const first = await shop.bought(key);
    const second = await shop.bought(key, { service: "mail", country: "id" });
    const deps = { ...shop.world.server.deps, otp: NO_SUPPLIER };
    shop.world.clock.advance(120);
    await lookAtDueOrders(deps);
    await expect.poll(async () => (await shop.order(key, second.id)).body.refunded).toBe(true);
    shop.supplier.isAway = true;
    expect((await shop.cancel(key, first.id)).body.refunded).toBe(true);
    shop.supplier.isAway = false;
    expect(await key.balance()).toBe(100n * PRICE);
  });
});
