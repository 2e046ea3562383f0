import type { PaymentRequirements } from "@x402/core/types";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GATEWAY } from "../../world.ts";
import type { TestKey } from "../balance/key.ts";
import { DISCORD, type OrderShop, openOrderShop, PRICE } from "../orders/order-shop.ts";
import { signed } from "../x402/payer.ts";
import { callAt, paid } from "./room.ts";

let shop: OrderShop;
beforeAll(async () => {
  shop = await openOrderShop();
});
afterAll(() => shop?.world.close());

const call = (name: string, args: object, by?: TestKey) =>
  callAt(shop.world)(name, args, by ? { headers: by.headers } : {});

describe("browse_codes", () => {
  it("tells what the catalogue over HTTP tells", async () => {
    const services = await call("browse_codes", { search: "disc" });
    expect(services.structuredContent).toEqual((await shop.world.ask("/api/v1/catalog/services?search=disc")).body);
    const countries = await call("browse_codes", { service: "discord", limit: 1 });
    const { body } = await shop.world.ask("/api/v1/catalog/countries?service=discord&limit=1");
    expect(countries.structuredContent).toEqual(body);
    expect(body.countries).toHaveLength(1);
  });

  it("refuses what it does not know", async () => {
    const both = { service: "discord", country: "id" };
    for (const args of [{ service: "nothing" }, { cheapest: true }, { limit: "many" }, { service: ["discord"] }, both])
      expect((await call("browse_codes", args)).structuredContent.error).toBe("invalid_field");
  });
});

describe("purchase_code, order_status and cancel_order", () => {
  it("buy a number, wait for the code, and tell it", async () => {
    const key = await shop.key();
    const { isError, structuredContent } = await call("purchase_code", DISCORD, key);
    expect([isError, structuredContent.status]).toEqual([undefined, "waiting"]);
    expect(await key.balance()).toBe(9n * PRICE);
    const { order_id } = structuredContent;
    const waiting = call("order_status", { order_id, wait_sec: 30 }, key);
    shop.supplier.deliver(String(shop.supplier.sold.at(-1)), "314159");
    const told = (await shop.comes(waiting)).structuredContent;
    expect(told).toMatchObject({ status: "received", sms_received: true, code: "314159" });
    expect(told).toEqual((await shop.order(key, order_id)).body);
    await shop.audit();
  });

  it("cancel, and give the price back once", async () => {
    const key = await shop.key();
    const { order_id } = (await call("purchase_code", DISCORD, key)).structuredContent;
    const cancelled = await Promise.all([1, 2, 3].map(() => call("cancel_order", { order_id }, key)));
    for (const { structuredContent } of cancelled) expect(structuredContent.status).toBe("cancelled");
    expect(await key.balance()).toBe(10n * PRICE);
    expect((await call("purchase_code", DISCORD, key)).structuredContent).toMatchObject({
      error: "cooldown",
      retry_after_sec: expect.any(Number),
    });
    await shop.audit();
  });

  it("are charged once for one idempotency_key, over HTTP too", async () => {
    const key = await shop.key();
    const named = { ...DISCORD, idempotency_key: "code-1" };
    const first = await call("purchase_code", named, key);
    expect((await call("purchase_code", named, key)).structuredContent).toEqual(first.structuredContent);
    const http = await shop.purchase(key, { headers: { "Idempotency-Key": "code-1" } });
    expect([http.body, http.headers.get("idempotent-replayed")]).toEqual([first.structuredContent, "true"]);
    expect(await key.balance()).toBe(9n * PRICE);
  });

  it("are for the account's eyes and hands only", async () => {
    const [key, stranger] = [await shop.key(), await shop.key()];
    const { order_id } = (await call("purchase_code", DISCORD, key)).structuredContent;
    for (const name of ["order_status", "cancel_order"]) {
      expect((await call(name, { order_id })).structuredContent.error).toBe("unauthorized");
      expect((await call(name, { order_id }, stranger)).structuredContent.error).toBe("not_found");
    }
    for (const odd of [{}, { order_id: 5 }, { order_id: "../keys" }])
      expect((await call("order_status", odd, key)).structuredContent.error).toBe("not_found");
    expect((await shop.order(key, order_id)).body.status).toBe("waiting");
  });

  it("take no payment that is signed for one call", async () => {
    const key = await shop.key();
    const accepted = { payTo: GATEWAY, amount: "70000" } as PaymentRequirements;
    const paying = { accepted, signed: await signed(accepted, { nowSec: shop.world.clock.nowSec }) };
    const { structuredContent } = await callAt(shop.world)("purchase_code", DISCORD, {
      ...paid(paying, "x402-mcp's"),
      headers: key.headers,
    });
    expect(structuredContent).toMatchObject({ error: "bad_request", message: expect.stringContaining("top_up") });
    expect(await key.balance()).toBe(10n * PRICE);
  });

  it("say what is wrong before anything is charged", async () => {
    const key = await shop.key(PRICE - 1n);
    expect((await call("purchase_code", DISCORD)).structuredContent.error).toBe("unauthorized");
    expect((await call("purchase_code", { service: "discord" }, key)).structuredContent.error).toBe("invalid_field");
    expect((await call("purchase_code", DISCORD, key)).structuredContent.error).toBe("insufficient_balance");
    expect(await key.balance()).toBe(PRICE - 1n);
  });
});
