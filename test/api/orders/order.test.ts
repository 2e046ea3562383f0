import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { TestKey } from "../balance/key.ts";
import { keyWith } from "../balance/key.ts";
import { strangerWallet } from "../support/wallet.ts";
import { signedInAs } from "../x402/counter.ts";
import { HELD, heldRequests, type OrderShop, openOrderShop, PRICE, WAIT_SEC } from "./order-shop.ts";

let shop: OrderShop;
let held: () => number;
let key: TestKey;
beforeAll(async () => {
  shop = await openOrderShop();
  held = heldRequests(shop.world);
});
afterAll(() => shop?.world.close());
beforeEach(async () => {
  key = await shop.key();
});
afterEach(() => shop.audit());

const MAIL = { service: "mail", country: "id" };

describe("GET /api/v1/customer/order/{id}", () => {
  it("is nobody else's", async () => {
    const { id } = await shop.bought(key);
    const other = await shop.key();
    for (const answer of [await shop.order(other, id), await shop.cancel(other, id)])
      expect([answer.status, answer.body.error]).toEqual([404, "not_found"]);
    const nobody = await shop.world.ask(`/api/v1/customer/order/${id}`);
    expect([nobody.status, nobody.body.error]).toEqual([401, "unauthorized"]);
    for (const made of [crypto.randomUUID(), "7", "%00", "'"]) expect((await shop.order(key, made)).status).toBe(404);
    expect((await shop.order(key, id.toUpperCase())).body.order_id).toBe(id);
  });

  it("is not for a key of the same account that may not manage, unless that one bought it", async () => {
    const of = "0x00000000000000000000000000000000000ca999";
    const owner = await keyWith(shop.world, { microUsd: 10n * PRICE, of });
    const capped = await keyWith(shop.world, { microUsd: 0n, of, capMicroUsd: 3n * PRICE });
    const { id } = await shop.bought(owner);
    for (const answer of [await shop.order(capped, id), await shop.cancel(capped, id)])
      expect([answer.status, answer.body.error]).toEqual([404, "not_found"]);
    const own = await shop.purchase(capped, { headers: { "Idempotency-Key": "own" } });
    expect([own.status, own.body.balance_micro_usd]).toEqual([200, String(2n * PRICE)]);
    expect((await shop.order(owner, own.body.order_id)).status).toBe(200);
    const listed = async (by: TestKey) =>
      (await shop.world.ask("/api/v1/customer/orders", { headers: by.headers })).body.total;
    expect([await listed(owner), await listed(capped)]).toEqual([2, 1]);
    await shop.purchase(owner, { headers: { "Idempotency-Key": "owner's" } });
    const pried = await shop.purchase(capped, { headers: { "Idempotency-Key": "owner's" } });
    expect([pried.status, pried.body.error]).toEqual([409, "idempotency_conflict"]);
  });

  it("is read and cancelled by the wallet that holds the account, too", async () => {
    const own = await keyWith(shop.world, { microUsd: PRICE, of: strangerWallet.address });
    const { id } = await shop.bought(own);
    const headers = await signedInAs(shop.world, strangerWallet);
    const answer = await shop.world.ask(`/api/v1/customer/order/${id}`, { headers });
    expect([answer.status, answer.body.order_id]).toEqual([200, id]);
    const cancelled = await shop.world.ask(`/api/v1/customer/cancel/${id}`, { method: "POST", headers });
    expect([cancelled.status, await own.balance()]).toEqual([200, PRICE]);
  });

  it("says how soon to ask again, the later the rarer", async () => {
    const { id } = await shop.bought(key);
    const hint = async () => {
      const { headers, body } = await shop.order(key, id);
      expect(headers.get("retry-after")).toBe(String(body.retry_after_sec));
      return body.retry_after_sec;
    };
    expect(await hint()).toBe(3);
    shop.world.clock.advance(60);
    expect(await hint()).toBe(5);
    shop.world.clock.advance(240);
    expect(await hint()).toBe(10);
    await shop.cancel(key, id);
    const { headers, body } = await shop.order(key, id);
    expect([headers.get("retry-after"), "retry_after_sec" in body]).toEqual([null, false]);
  });

  it("asks the supplier at the same pace, whoever polls us", async () => {
    const { id, activation } = await shop.bought(key);
    for (let i = 0; i < 20; i++) await shop.order(key, id);
    expect(shop.supplier.asked).not.toContain(`status ${activation}`);
    await shop.asked(`status ${activation}`);
  });
});

describe("Prefer: wait=N", () => {
  const waiting = { headers: HELD };

  it("is held until the code is there, and reads the database no oftener than there is news", async () => {
    const { id, activation } = await shop.bought(key);
    const { pool } = shop.world.server.deps.db;
    const reads = vi.spyOn(pool, "query");
    const holding = shop.order(key, id, waiting);
    await expect.poll(held).toBe(1);
    shop.supplier.deliver(activation, "42");
    await shop.asked(`status ${activation}`);
    expect((await holding).body).toMatchObject({ status: "received", code: "42" });
    expect(held()).toBe(0);
    const named = reads.mock.calls.filter(([config]) => (config as { name?: string }).name === "codes-find");
    reads.mockRestore();
    // Once when it began, and once at the news.
    expect(named).toHaveLength(2);
  });

  it("ends when its time is over", async () => {
    const { id } = await shop.bought(key);
    const holding = shop.order(key, id, waiting);
    await expect.poll(held).toBe(1);
    shop.world.clock.advance(WAIT_SEC);
    const answer = await holding;
    expect([answer.status, answer.body.status]).toEqual([200, "waiting"]);
  });

  it("is woken by a cancel, and by the gap after which anything may have happened", async () => {
    const { id } = await shop.bought(key);
    const holding = shop.order(key, id, waiting);
    await expect.poll(held).toBe(1);
    shop.world.server.deps.changes.tell(undefined as never);
    await shop.cancel(key, id);
    expect((await holding).body.status).toBe("cancelled");
  });

  it("is answered at once when the order has ended", async () => {
    const { id } = await shop.bought(key);
    await shop.cancel(key, id);
    expect((await shop.order(key, id, waiting)).body.status).toBe("cancelled");
  });

  it("lets go when the caller hangs up", async () => {
    const { id } = await shop.bought(key);
    const caller = new AbortController();
    const url = `${shop.world.url}/api/v1/customer/order/${id}`;
    const holding = fetch(url, { headers: { ...key.headers, ...waiting.headers }, signal: caller.signal });
    await expect.poll(held).toBe(1);
    caller.abort();
    await expect(holding).rejects.toThrow();
    await expect.poll(held).toBe(0);
  });
});

describe("time-out", () => {
  it("gives the price back once, by the service's own time, after a last look", async () => {
    const { id, activation } = await shop.bought(key, MAIL);
    expect(await key.balance()).toBe(10n * PRICE - 130_000n);
    shop.world.clock.advance(119);
    expect((await shop.order(key, id)).body.status).toBe("waiting");
    await shop.becomes(key, id, "expired");
    expect((await shop.order(key, id)).body).toMatchObject({ refunded: true, sms_received: false });
    expect(await key.balance()).toBe(10n * PRICE);
    expect(shop.supplier.stateOf(activation)).toBe("cancelled");
  });

  it("is no cooldown: the same can be bought again at once", async () => {
    const { id } = await shop.bought(key, MAIL);
    shop.world.clock.advance(120);
    await shop.becomes(key, id, "expired");
    expect((await shop.purchase(key, { body: MAIL })).status).toBe(200);
  });
});

describe("GET /api/v1/customer/orders", () => {
  it("tells an account's orders, newest first, by page and status", async () => {
    const ids: string[] = [];
    for (const country of ["id", "gb"]) {
      ids.unshift((await shop.bought(key, { service: "mail", country })).id);
      shop.world.clock.advance(1);
    }
    await shop.cancel(key, String(ids[1]));
    const ask = async (query = "") =>
      (await shop.world.ask(`/api/v1/customer/orders${query}`, { headers: key.headers })).body;
    const all = await ask();
    expect([all.total, all.next, all.orders.map(({ order_id }: never) => order_id)]).toEqual([2, null, ids]);
    expect(all.orders[0]).toMatchObject({ status: "waiting", service: "mail", country: "gb", price_usd: 0.26 });
    expect((await ask("?status=cancelled")).orders.map(({ order_id }: never) => order_id)).toEqual([ids[1]]);
    const page = await ask("?limit=1");
    expect([page.orders.length, page.total]).toEqual([1, 2]);
    expect(page.next).toBe(`${shop.world.url}/api/v1/customer/orders?limit=1&offset=1`);
    for (const [query, field] of [
      ["?status=lost", "status"],
      ["?limit=x", "limit"],
    ])
      expect((await ask(query)).details.field).toBe(field);
    const other = await shop.key();
    const { body } = await shop.world.ask("/api/v1/customer/orders", { headers: other.headers });
    expect([body.total, body.orders]).toEqual([0, []]);
  });
});
