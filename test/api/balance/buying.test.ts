import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ApiError } from "../../../api/errors.ts";
import { type Answer, JSON_TYPE } from "../../world.ts";
import { strangerWallet } from "../support/wallet.ts";
import { type Counter, NAME, openCounter, signedInAs } from "../x402/counter.ts";
import { wallet } from "../x402/payer.ts";
import { GREETING, PRICE, SECOND, SLOW } from "../x402/sales.ts";
import { keyWith, type TestKey } from "./key.ts";

let counter: Counter;
let key: TestKey;
beforeAll(async () => {
  counter = await openCounter();
});
afterAll(() => counter?.world.close());
beforeEach(async () => {
  key = await keyWith(counter.world, { microUsd: 10n * PRICE, of: freshHolder() });
});

let holders = 0;
const freshHolder = () => `0x${(++holders).toString(16).padStart(40, "0")}` as const;

type How = { path?: string; body?: unknown; headers?: Record<string, string>; by?: TestKey };
const buy = ({ path = GREETING, body = NAME, headers = {}, by = key }: How = {}): Promise<Answer> =>
  counter.world.ask(path, {
    method: "POST",
    headers: { ...JSON_TYPE, ...by.headers, ...headers },
    body: JSON.stringify(body),
  });
const named = (name: string) => ({ "Idempotency-Key": name });
const becomes = (orderId: string, status: string) =>
  expect
    .poll(
      async () => {
        counter.world.clock.advance(2);
        return (await counter.world.ask(`/api/v1/orders/${orderId}`, { headers: key.headers })).body.status;
      },
      { interval: 20 },
    )
    .toBe(status);

describe("a call that a key pays for", () => {
  it("is answered as if it had been paid by x402, and debits the price", async () => {
    const answer = await buy();
    expect([answer.status, answer.body]).toEqual([200, { success: true, greeting: "hello ada" }]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(await key.balance()).toBe(9n * PRICE);
  });

  it("is checked before any money moves", async () => {
    expect((await buy({ body: {} })).body).toMatchObject({ error: "invalid_field", details: { field: "name" } });
    expect((await buy({ body: { soldOut: true } })).body.error).toBe("out_of_stock");
    expect(await key.balance()).toBe(10n * PRICE);
  });

  it("is refused with a key that is unknown, misshapen or revoked", async () => {
    const { pool } = counter.world.server.deps.db;
    await pool.query("update app.api_key set revoked_at = now() where key_id = $1", [key.keyId]);
    for (const headers of [{}, { "X-API-Key": "tpk_no" }, { "X-API-Key": `tpk_${"a".repeat(43)}` }]) {
      const answer = await buy({ headers: headers as Record<string, string> });
      expect([answer.status, answer.body.error]).toEqual([401, "invalid_api_key"]);
    }
    expect(await key.balance()).toBe(10n * PRICE);
  });

  it("asks for x402 when the balance is too small, and takes it", async () => {
    const poor = await keyWith(counter.world, { microUsd: PRICE - 1n, of: wallet().address });
    const answer = await buy({ by: poor });
    expect([answer.status, answer.body.error]).toEqual([402, "insufficient_balance"]);
    expect(answer.body).toMatchObject({ x402Version: 1, accepts: [{ maxAmountRequired: PRICE.toString() }] });
    expect(answer.headers.get("payment-required")).toBeTruthy();
    const paid = await counter.pay(await counter.sign(), { headers: poor.headers });
    expect(paid.status).toBe(200);
    expect(await poor.balance()).toBe(PRICE - 1n);
  });

  it("is refused past the key's cap, which what is given back does not use up", async () => {
    const capped = await keyWith(counter.world, { microUsd: 5n * PRICE, of: wallet().address, capMicroUsd: PRICE });
    counter.sales.failures.push(new ApiError("provider_failed"));
    expect((await buy({ by: capped })).status).toBe(502);
    expect((await buy({ by: capped })).status).toBe(200);
    const over = await buy({ by: capped });
    expect([over.status, over.body.error]).toEqual([403, "key_cap_reached"]);
  });

  it("costs nothing where something that was paid before covers it", async () => {
    counter.sales.included = { success: true, second: "included" };
    const authorization = await signedInAs(counter.world, strangerWallet);
    const answer = await buy({ path: SECOND, headers: authorization });
    counter.sales.included = undefined;
    expect([answer.status, answer.body.second]).toEqual([200, "included"]);
    expect(await key.balance()).toBe(10n * PRICE);
  });
});

describe("what cannot be fulfilled", () => {
  it("gives the price back and says so", async () => {
    counter.sales.failures.push(new ApiError("provider_failed", { details: { reason: "refused_by_carrier" } }));
    const answer = await buy({ headers: named("failing") });
    expect([answer.status, answer.body.error]).toEqual([502, "provider_failed"]);
    expect(answer.body).toMatchObject({ details: { reason: "refused_by_carrier", released_usd: 0.05 } });
    expect(await key.balance()).toBe(10n * PRICE);
    const again = await buy({ headers: named("failing") });
    expect([again.status, again.body.details]).toEqual([502, answer.body.details]);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
  });

  it("stays held while the outcome is unknown, and ends when the worker knows", async () => {
    counter.sales.isSlow = true;
    const answer = await buy({ path: SLOW, headers: named("slow") });
    expect(answer.status).toBe(202);
    expect(answer.headers.get("location")).toBe(`${counter.world.url}/api/v1/orders/${answer.body.order_id}`);
    expect(await key.balance()).toBe(9n * PRICE);
    const flying = await buy({ path: SLOW, headers: named("slow") });
    expect([flying.status, flying.body.error]).toEqual([409, "request_in_flight"]);
    expect(flying.headers.get("retry-after")).toBe("2");
    counter.sales.isSlow = false;
    await becomes(answer.body.order_id, "fulfilled");
    const told = await buy({ path: SLOW, headers: named("slow") });
    expect([told.status, told.body]).toEqual([200, { success: true, slow: true }]);
    expect(await key.balance()).toBe(9n * PRICE);
  });
});

describe("Idempotency-Key", () => {
  it("gives the stored answer again, letter by letter, and charges once", async () => {
    const first = await buy({ headers: named("once") });
    const again = await buy({ headers: named("once") });
    expect(again.text).toBe(first.text);
    expect(first.headers.get("idempotent-replayed")).toBeNull();
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(await key.balance()).toBe(9n * PRICE);
  });

  it("stands for one request: another body or path is a 409", async () => {
    await buy({ headers: named("one") });
    for (const other of [{ body: { name: "bob" } }, { path: SECOND }]) {
      const answer = await buy({ ...other, headers: named("one") });
      expect([answer.status, answer.body.error]).toEqual([409, "idempotency_conflict"]);
    }
    expect(await key.balance()).toBe(9n * PRICE);
  });

  it("is each account's own", async () => {
    const other = await keyWith(counter.world, { microUsd: PRICE, of: strangerWallet.address });
    await buy({ headers: named("mine") });
    expect((await buy({ by: other, headers: named("mine"), body: { name: "bob" } })).body.greeting).toBe("hello bob");
  });

  it("holds for keys of one account alike, so that rotating a key repeats nothing", async () => {
    const [holder] = (
      await counter.world.server.deps.db.pool.query("select address from app.account where account_id = $1", [
        key.accountId,
      ])
    ).rows;
    const second = await keyWith(counter.world, { microUsd: 0n, of: holder.address });
    const first = await buy({ headers: named("shared") });
    expect((await buy({ by: second, headers: named("shared") })).text).toBe(first.text);
    expect(await key.balance()).toBe(9n * PRICE);
  });

  it.each([
    ["nothing", ""],
    ["a space", "a b"],
    ["a letter beyond ASCII", "é"],
    ["256 characters", "x".repeat(256)],
  ])("is refused with %s in it", async (_, name) => {
    const answer = await buy({ headers: named(name) });
    expect([answer.status, answer.body.details]).toEqual([400, { field: "Idempotency-Key" }]);
    expect(await key.balance()).toBe(10n * PRICE);
  });

  it("of twenty copies at once lets one through", async () => {
    let go = () => {};
    counter.sales.hold = new Promise<void>((resolve) => {
      go = resolve;
    });
    const before = counter.sales.effects.length;
    const copies = Array.from({ length: 20 }, () => buy({ headers: named("copies") }));
    const flying = Promise.all(copies);
    await expect.poll(() => counter.sales.asked.length).toBeGreaterThan(before);
    go();
    counter.sales.hold = undefined;
    const statuses = (await flying).map(({ status }) => status).sort();
    expect(statuses.every((status) => status === 200 || status === 409)).toBe(true);
    expect(statuses).toContain(200);
    expect(counter.sales.effects.length - before).toBe(1);
    expect(await key.balance()).toBe(9n * PRICE);
  });
});

describe("an order that was paid from a balance", () => {
  it("is its account's alone to read", async () => {
    counter.sales.isSlow = true;
    const { body } = await buy({ path: SLOW });
    counter.sales.isSlow = false;
    const path = `/api/v1/orders/${body.order_id}`;
    expect((await counter.world.ask(path, { headers: key.headers })).body).toMatchObject({
      status: "held",
      item: "test.slow",
      paid_from: "balance",
      price_usd: 0.05,
    });
    const other = await keyWith(counter.world, { microUsd: 1n, of: wallet().address });
    expect((await counter.world.ask(path, { headers: other.headers })).status).toBe(404);
    expect((await counter.world.ask(path)).status).toBe(401);
    await becomes(body.order_id, "fulfilled");
  });
});
