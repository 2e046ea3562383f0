import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TestKey } from "../balance/key.ts";
import { type OrderShop, openOrderShop, PRICE, passing } from "./order-shop.ts";

let shop: OrderShop;
let key: TestKey;
beforeAll(async () => {
  shop = await openOrderShop();
});
afterAll(() => shop?.world.close());
beforeEach(async () => {
  key = await shop.key();
});
afterEach(async () => {
  shop.supplier.isAway = false;
  shop.supplier.earlySec = undefined;
  await shop.audit();
});

const owed = async (id: string) => (await shop.row(id)).owed;

describe("POST /api/v1/customer/cancel/{id}", () => {
  it("gives the price back at once and takes the number back at the supplier", async () => {
    const { id, activation } = await shop.bought(key);
    const answer = await shop.cancel(key, id);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      success: true,
      order_id: id,
      status: "cancelled",
      refunded: true,
      refunded_usd: 0.07,
      refunded_micro_usd: "70000",
      sms_received: false,
    });
    expect(await key.balance()).toBe(10n * PRICE);
    expect([shop.supplier.stateOf(activation), await owed(id)]).toEqual(["cancelled", null]);
  });

  it("says the same when it is asked again, and refunds once", async () => {
    const { id } = await shop.bought(key);
    const first = await shop.cancel(key, id);
    shop.world.clock.advance(5);
    const again = await shop.cancel(key, id);
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect(await key.balance()).toBe(10n * PRICE);
  });

  it("tells the code where there is one, and charges", async () => {
    const { id, activation } = await shop.bought(key);
    shop.supplier.deliver(activation, "1337");
    const answer = await shop.cancel(key, id);
    expect([answer.status, answer.body.error]).toEqual([409, "already_received"]);
    expect(answer.body.details).toMatchObject({ code: "1337", sms_text: "Your code is 1337", status: "received" });
    expect(await key.balance()).toBe(9n * PRICE);
    expect((await shop.cancel(key, id)).body.details.code).toBe("1337");
  });

  it("refunds when the supplier takes nothing back so early, and cancels there later", async () => {
    const { id, activation } = await shop.bought(key);
    shop.supplier.earlySec = 100;
    expect((await shop.cancel(key, id)).status).toBe(200);
    expect(await key.balance()).toBe(10n * PRICE);
    expect([shop.supplier.stateOf(activation), await owed(id)]).toEqual(["waiting", "cancel"]);
    shop.supplier.earlySec = undefined;
    const asked = shop.supplier.asked.length;
    shop.world.clock.advance(90);
    expect(shop.supplier.asked.slice(asked)).not.toContain(`cancel ${activation}`);
    await passing(shop.world, () => owed(id), null);
    expect(shop.supplier.stateOf(activation)).toBe("cancelled");
  });

  it("finds the code of a supplier that only says that it is too early", async () => {
    const { id, activation } = await shop.bought(key);
    shop.supplier.earlySec = 100;
    const gate = shop.supplier.hold("cancel", "after");
    const cancelling = shop.cancel(key, id);
    await gate.reached;
    shop.supplier.deliver(activation, "99");
    gate.open();
    expect((await cancelling).body).toMatchObject({ error: "already_received", details: { code: "99" } });
  });

  it("refunds when the supplier is away, and cancels there when it is back", async () => {
    const { id, activation } = await shop.bought(key);
    shop.supplier.isAway = true;
    expect((await shop.cancel(key, id)).status).toBe(200);
    expect([await key.balance(), await owed(id)]).toEqual([10n * PRICE, "cancel"]);
    shop.supplier.isAway = false;
    await passing(shop.world, () => owed(id), null);
    expect(shop.supplier.stateOf(activation)).toBe("cancelled");
  });

  it("does not wait for a supplier that hangs", async () => {
    const { id, activation } = await shop.bought(key);
    const gate = shop.supplier.hold("cancel", "before");
    const cancelling = shop.cancel(key, id);
    await gate.reached;
    shop.world.clock.advance(5);
    expect((await cancelling).status).toBe(200);
    expect(await key.balance()).toBe(10n * PRICE);
    gate.open();
    await passing(shop.world, () => owed(id), null);
    expect(shop.supplier.stateOf(activation)).toBe("cancelled");
  });

  it("is too late for what has expired or failed, and says that the money is back", async () => {
    const { id } = await shop.bought(key, { service: "mail", country: "id" });
    shop.world.clock.advance(120);
    await shop.becomes(key, id, "expired");
    const answer = await shop.cancel(key, id);
    expect([answer.status, answer.body.error]).toEqual([409, "order_closed"]);
    expect(answer.body.details).toMatchObject({ status: "expired", refunded: true });
  });

  it("has to wait for a purchase that is being made", async () => {
    const gate = shop.supplier.hold("buy", "before");
    const buying = shop.purchase(key);
    await gate.reached;
    const { body } = await shop.world.ask("/api/v1/customer/orders", { headers: key.headers });
    expect(body.orders[0].status).toBe("buying");
    const answer = await shop.cancel(key, body.orders[0].order_id);
    expect([answer.status, answer.body.error]).toEqual([409, "request_in_flight"]);
    gate.open();
    expect((await buying).status).toBe(200);
  });

  it("is a POST", async () => {
    const answer = await shop.world.ask(`/api/v1/customer/cancel/${crypto.randomUUID()}`, { headers: key.headers });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
  });
});

describe("a supplier that never takes a number back", () => {
  it("is asked ever rarer, and after a day the number is written down as lost", async () => {
    const { id, activation } = await shop.bought(key);
    shop.supplier.isAway = true;
    await shop.cancel(key, id);
    const asked = () => shop.supplier.asked.filter((what) => what === `cancel ${activation}`).length;
    const before = asked();
    for (let minutes = 0; minutes < 60; minutes++) {
      shop.world.clock.advance(60);
      const isAhead = async () => ((await shop.row(id)).due_at as Date).getTime() > shop.world.clock.nowMs();
      await passing(shop.world, isAhead, true);
    }
    expect(asked() - before).toBeLessThan(20);
    shop.world.clock.advance(24 * 3600);
    await passing(shop.world, () => owed(id), null);
    const { lost } = (await shop.operator("GET")).body;
    expect(lost.find((entry: { order_id: string }) => entry.order_id === id)).toMatchObject({
      activation_id: activation,
    });
  });
});
