import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TestKey } from "../balance/key.ts";
import { DISCORD, type OrderShop, openOrderShop, PRICE } from "./order-shop.ts";
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

const named = (name: string) => ({ headers: { "Idempotency-Key": name } });

describe("Idempotency-Key", () => {
  it("gives the same answer again, letter by letter, and buys once", async () => {
    const sold = shop.supplier.sold.length;
    const first = await shop.purchase(key, named("once"));
    await shop.cancel(key, first.body.order_id);
    shop.supplier.goods = [];
    const again = await shop.purchase(key, { ...named("once"), body: { country: "id", service: "discord" } });
    shop.supplier.goods = goodsOfTests();
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect(first.headers.get("idempotent-replayed")).toBeNull();
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(shop.supplier.sold.length).toBe(sold + 1);
  });

  it("stands for one request", async () => {
    await shop.purchase(key, named("one"));
    const other = await shop.purchase(key, { ...named("one"), body: { ...DISCORD, country: "gb" } });
    expect([other.status, other.body.error]).toEqual([409, "idempotency_conflict"]);
    expect(await key.balance()).toBe(9n * PRICE);
  });

  it("is each account's own", async () => {
    const other = await shop.key();
    const mine = await shop.purchase(key, named("ours"));
    const theirs = await shop.purchase(other, named("ours"));
    expect(theirs.body.order_id).not.toBe(mine.body.order_id);
  });

  it("tells a copy that the first is being worked on", async () => {
    const gate = shop.supplier.hold("buy", "before");
    const first = shop.purchase(key, named("flying"));
    await gate.reached;
    const copy = await shop.purchase(key, named("flying"));
    expect([copy.status, copy.body.error, copy.headers.get("retry-after")]).toEqual([409, "request_in_flight", "2"]);
    gate.open();
    const told = await first;
    expect((await shop.purchase(key, named("flying"))).text).toBe(told.text);
    expect(await key.balance()).toBe(9n * PRICE);
  });

  it("buys once when twenty copies come at once", async () => {
    const sold = shop.supplier.sold.length;
    const answers = await Promise.all(Array.from({ length: 20 }, () => shop.purchase(key, named("many"))));
    for (const { status, body } of answers) expect([200, 409]).toContain(status === 409 ? status : body.success && 200);
    expect(answers.filter(({ body }) => body.error && body.error !== "request_in_flight")).toEqual([]);
    expect(shop.supplier.sold.length).toBe(sold + 1);
    expect(await key.balance()).toBe(9n * PRICE);
  });

  it("remembers a purchase that failed: another try takes another name", async () => {
    shop.supplier.refusals.push({ kind: "refused", reason: "no_numbers" });
    const first = await shop.purchase(key, named("unlucky"));
    const again = await shop.purchase(key, named("unlucky"));
    expect([again.status, again.body.error, again.body.details]).toEqual([409, "out_of_stock", first.body.details]);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect((await shop.purchase(key, named("luckier"))).status).toBe(200);
  });

  it("is free again when nothing came to be", async () => {
    const poor = await shop.key(0n);
    expect((await shop.purchase(poor, named("poor"))).status).toBe(402);
    expect((await shop.purchase(poor, named("poor"))).headers.get("idempotent-replayed")).toBeNull();
  });

  it("has to be visible ASCII", async () => {
    const answer = await shop.purchase(key, named("a b"));
    expect([answer.status, answer.body.details.field]).toEqual([400, "Idempotency-Key"]);
  });
});
