import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWebhook } from "../../../api/webhooks/webhooks.ts";
import { keyWith, type TestKey } from "../balance/key.ts";
import { type OrderShop, openOrderShop, PRICE } from "./order-shop.ts";

const HOLDER = "0x000000000000000000000000000000000000e7e7";

let shop: OrderShop;
let key: TestKey;
beforeAll(async () => {
  shop = await openOrderShop();
  key = await keyWith(shop.world, { microUsd: 100n * PRICE, of: HOLDER });
  // Whoever it is: what is told stays on record.
  const url = `${shop.world.upstream.url}/json`;
  await createWebhook(shop.world.server.deps, { address: HOLDER, onlyChainId: undefined }, { url });
});
afterAll(() => shop?.world.close());

async function toldOf(orderId: string) {
  const { rows } = await shop.world.server.deps.db.pool.query<{ type: string; body: string }>(
    "select type, body from app.webhook_delivery where body::json->'data'->>'order_id' = $1",
    [orderId],
  );
  return rows.map(({ type, body }) => ({ type, ...JSON.parse(body).data }));
}

describe("webhooks", () => {
  it("are told once of a code, with the code", async () => {
    const { id, activation } = await shop.bought(key);
    shop.supplier.deliver(activation, "314");
    await shop.becomes(key, id, "received");
    expect(await toldOf(id)).toEqual([
      expect.objectContaining({
        type: "order.received",
        code: "314",
        sms_text: "Your code is 314",
        status: "received",
      }),
    ]);
  });

  it("are told once of a refund, whichever way it came", async () => {
    const cancelled = await shop.bought(key);
    await Promise.all([shop.cancel(key, cancelled.id), shop.cancel(key, cancelled.id)]);
    const expired = await shop.bought(key, { service: "mail", country: "id" });
    shop.world.clock.advance(120);
    await shop.becomes(key, expired.id, "expired");
    for (const [{ id }, status] of [
      [cancelled, "cancelled"],
      [expired, "expired"],
    ] as const)
      expect(await toldOf(id)).toEqual([expect.objectContaining({ type: "order.refunded", status })]);
  });

  it("are told nothing of a code that came too late", async () => {
    const { id, activation } = await shop.bought(key, { service: "discord", country: "gb" });
    shop.supplier.isAway = true;
    await shop.cancel(key, id);
    shop.supplier.isAway = false;
    shop.supplier.deliver(activation, "999");
    await expect
      .poll(async () => {
        shop.world.clock.advance(1);
        return (await shop.row(id)).late_code;
      })
      .toBe("999");
    expect((await toldOf(id)).map(({ type }) => type)).toEqual(["order.refunded"]);
  });
});
