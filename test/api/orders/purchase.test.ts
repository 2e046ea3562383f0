import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createWorld, JSON_TYPE } from "../../world.ts";
import type { TestKey } from "../balance/key.ts";
import { DISCORD, type OrderShop, openOrderShop, PRICE, PURCHASE } from "./order-shop.ts";
import { goodsOfTests } from "./stand-in.ts";

let shop: OrderShop;
let key: TestKey;
beforeAll(async () => {
  shop = await openOrderShop();
});
afterAll(() => shop?.world.close());
beforeEach(async () => {
  key = await shop.key();
});
afterEach(() => shop.audit());

const E164 = /^\+[1-9]\d{6,14}$/;

describe("the seed's flow", () => {
  it("buys a number, polls, and reads the code", async () => {
    const bought = await shop.purchase(key);
    expect(bought.status).toBe(200);
    const { order_id, phone_number } = bought.body;
    expect(phone_number).toMatch(E164);
    expect(bought.body).toEqual({
      success: true,
      order_id,
      phone_number,
      ...DISCORD,
      status: "waiting",
      price_usd: 0.07,
      price_micro_usd: "70000",
      balance_usd: 0.63,
      balance_micro_usd: "630000",
      created_at: new Date(shop.world.clock.nowMs()).toISOString(),
      expires_at: new Date(shop.world.clock.nowMs() + 600_000).toISOString(),
      cancel_available_at: new Date(shop.world.clock.nowMs()).toISOString(),
      poll_url: `${shop.world.url}/api/v1/customer/order/${order_id}`,
      cancel_url: `${shop.world.url}/api/v1/customer/cancel/${order_id}`,
    });
    expect(bought.headers.get("cache-control")).toBe("no-store");
    const waiting = await shop.order(key, order_id);
    expect(waiting.body).toMatchObject({ status: "waiting", sms_received: false, sms_text: null, code: null });
    shop.supplier.deliver(String(shop.supplier.sold.at(-1)), "481516");
    await shop.becomes(key, order_id, "received");
    expect((await shop.order(key, order_id)).body).toMatchObject({
      sms_received: true,
      sms_text: "Your code is 481516",
      code: "481516",
      phone_number,
      refunded: false,
    });
    expect(await key.balance()).toBe(9n * PRICE);
  });

  it("is told to the supplier as a code that was good", async () => {
    const { id, activation } = await shop.bought(key);
    shop.supplier.deliver(activation, "1");
    await shop.asked(`finish ${activation}`);
    expect((await shop.order(key, id)).body.status).toBe("received");
  });
});

describe("before money", () => {
  const refused = async (body: unknown, [status, error]: [number, string]) => {
    const asked = shop.supplier.asked.length;
    const answer = await shop.purchase(key, { body });
    expect([answer.status, answer.body.error]).toEqual([status, error]);
    expect(await key.balance()).toBe(10n * PRICE);
    expect(shop.supplier.asked.length).toBe(asked);
    return answer.body;
  };

  it("names the field that is wrong", async () => {
    for (const [body, field] of [
      [{ country: "id" }, "service"],
      [{ service: 7, country: "id" }, "service"],
      [{ service: "discord" }, "country"],
      [{ service: "telepathy", country: "id" }, "service"],
      [{ service: "discord", country: "zz" }, "country"],
      [{ ...DISCORD, max_price_usd: "1" }, "max_price_usd"],
      [{ ...DISCORD, max_price_usd: 0 }, "max_price_usd"],
    ] as const)
      expect((await refused(body, [400, "invalid_field"])).details.field).toBe(field);
  });

  it("asks for the balance", async () => {
    key = await shop.key(PRICE - 1n);
    const answer = await shop.purchase(key);
    expect([answer.status, answer.body.error]).toEqual([402, "insufficient_balance"]);
    expect(await key.balance()).toBe(PRICE - 1n);
  });

  it("keeps to the cap of a key", async () => {
    key = await shop.key(10n * PRICE, { capMicroUsd: PRICE });
    expect((await shop.purchase(key)).status).toBe(200);
    expect((await shop.purchase(key, { body: { ...DISCORD, country: "gb" } })).body.error).toBe("key_cap_reached");
  });

  it("knows what is out of stock", async () => {
    await refused({ service: "discord", country: "us" }, [409, "out_of_stock"]);
    await refused({ service: "rare", country: "id" }, [409, "out_of_stock"]);
  });

  it("keeps to the buyer's own price", async () => {
    const answer = await refused({ ...DISCORD, max_price_usd: 0.0699 }, [409, "price_changed"]);
    expect(answer.details).toEqual({ price_usd: 0.07, max_price_usd: 0.0699 });
    expect((await shop.purchase(key, { body: { ...DISCORD, max_price_usd: 0.07 } })).status).toBe(200);
  });

  it("says so when the supplier cannot be asked", async () => {
    shop.supplier.isAway = true;
    await refused(DISCORD, [502, "provider_unavailable"]);
    shop.supplier.isAway = false;
  });

  it("wants a key, JSON and POST", async () => {
    const ask = (headers: Record<string, string>, method = "POST") =>
      shop.world.ask(PURCHASE, { method, headers, ...(method === "POST" && { body: "service=discord" }) });
    expect((await ask(JSON_TYPE)).body.error).toBe("unauthorized");
    expect((await ask({ ...JSON_TYPE, "X-API-Key": "tpk_nobody" })).body.error).toBe("invalid_api_key");
    expect((await ask({ ...key.headers, "Content-Type": "text/plain" })).status).toBe(415);
    expect((await ask({ ...key.headers, ...JSON_TYPE })).body.error).toBe("invalid_json");
    const got = await ask(key.headers, "GET");
    expect([got.status, got.headers.get("allow")]).toEqual([405, "POST"]);
  });
});

describe("a purchase that fails", () => {
  const fails = async (reason: string, [status, error]: [number, string]) => {
    shop.supplier.refusals.push({ kind: "refused", reason } as never);
    const answer = await shop.purchase(key);
    expect([answer.status, answer.body.error]).toEqual([status, error]);
    expect(answer.body.message).toMatch(/[Nn]othing was charged/);
    expect(await key.balance()).toBe(10n * PRICE);
    const { order_id } = answer.body.details;
    expect((await shop.order(key, order_id)).body).toMatchObject({ status: "failed", refunded: true });
    return answer;
  };

  it("gives the price back at once", async () => {
    await fails("no_numbers", [409, "out_of_stock"]);
    await fails("price_rose", [409, "price_changed"]);
    await fails("failed", [502, "provider_failed"]);
  });

  it("does not tell how the operator stands with the supplier, but tells the operator", async () => {
    const answer = await fails("no_balance", [502, "provider_failed"]);
    expect(answer.text).not.toContain("no_balance");
    expect(shop.world.logs.some((line) => line.includes("no_balance") && line.includes('"level":50'))).toBe(true);
  });

  it("is written down as lost when nobody knows whether a number was sold", async () => {
    shop.supplier.refusals.push({ kind: "unknown" });
    const answer = await shop.purchase(key);
    expect([answer.status, answer.body.error, answer.body.details.reason]).toEqual([
      502,
      "provider_failed",
      "no_answer",
    ]);
    expect(await key.balance()).toBe(10n * PRICE);
    const { lost } = (await shop.operator("GET")).body;
    expect(lost[0]).toMatchObject({ order_id: answer.body.details.order_id, reason: "no_answer" });
    const { text } = await shop.world.ask("/metrics");
    expect(text).toMatch(/turnpike_code_orders_total\{end="lost"\} \d+/);
  });
});

describe("200 purchases at once", () => {
  it("on a balance that covers one: exactly one succeeds", async () => {
    key = await shop.key(PRICE + PRICE / 2n);
    const answers = await Promise.all(Array.from({ length: 200 }, () => shop.purchase(key)));
    const codes = answers.map(({ status, body }) => (status === 200 ? "sold" : body.error));
    expect(codes.filter((code) => code === "sold")).toHaveLength(1);
    expect(new Set(codes)).toEqual(new Set(["sold", "insufficient_balance"]));
    expect(await key.balance()).toBe(PRICE / 2n);
  });
});

describe("without a supplier", () => {
  it("nothing is on offer", async () => {
    const world = await createWorld();
    try {
      for (const path of ["/api/v1/catalog/services", "/api/v1/catalog/countries", PURCHASE]) {
        const answer = await world.ask(path, { method: path === PURCHASE ? "POST" : "GET" });
        expect([answer.status, answer.body.error]).toEqual([503, "not_offered"]);
      }
    } finally {
      await world.close();
    }
  });
});

describe("what the supplier takes", () => {
  it("is the maximum that it is told", async () => {
    shop.supplier.goods = goodsOfTests().map((offer) => ({ ...offer, costMicroUsd: 60_001n }));
    const answer = await shop.purchase(key);
    shop.supplier.goods = goodsOfTests();
    expect([answer.status, answer.body.price_usd]).toEqual([200, 0.08]);
    expect((await shop.row(answer.body.order_id)).cost_micro_usd).toBe("60001");
  });
});
