import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Counter, openCounter, receiptOf, signedInAs } from "./counter.ts";
import { wallet } from "./payer.ts";
import { createTestSales, GREETING, KEY, PRICE, SLOW } from "./sales.ts";

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter();
});
afterAll(() => counter?.world.close());
beforeEach(() => {
  Object.assign(counter.facilitator, { verdict: undefined, says: undefined, carries: true, indexes: true });
});

const orderOf = (location: string) => counter.world.ask(new URL(location).pathname);
/** The worker's next rounds, until the order is where it should be. */
const becomes = (location: string, status: string) =>
  expect
    .poll(
      async () => {
        counter.world.clock.advance(1);
        return (await orderOf(location)).body.status;
      },
      { interval: 20 },
    )
    .toBe(status);
/** Lets a request that waits for the index lose its patience. */
async function impatient<T>(asking: Promise<T>): Promise<T> {
  await expect.poll(() => counter.world.indexed.waiting).toBeGreaterThan(0);
  counter.world.clock.advance(3);
  return asking;
}

describe("T3: a facilitator that times out while the transaction lands", () => {
  it("is 202 and never 402; the order is fulfilled later, and charged once", async () => {
    Object.assign(counter.facilitator, { says: { ok: "unknown" }, indexes: false });
    const { effects } = counter.sales;
    const before = effects.length;
    const paying = await counter.sign();
    const answer = await impatient(counter.pay(paying));
    expect(answer.status).toBe(202);
    expect(answer.headers.get("retry-after")).toBe("2");
    const location = answer.headers.get("location") as string;
    expect(location).toBe(`${counter.world.url}/api/v1/orders/${answer.body.order_id}`);
    expect(answer.body).toMatchObject({ status: "settling", status_url: location });
    expect((await orderOf(location)).body.status).toBe("settling");
    counter.facilitator.index();
    await becomes(location, "fulfilled");
    const again = await counter.pay(paying);
    expect([again.status, again.body.greeting]).toEqual([200, "hello ada"]);
    expect(effects.length - before).toBe(1);
    expect((await orderOf(location)).body).toMatchObject({
      answer: again.body,
      transaction: receiptOf(again).transaction,
    });
  });

  it("is settled again while it can be, when nothing landed", async () => {
    Object.assign(counter.facilitator, { says: { ok: "unknown" }, carries: false });
    const answer = await impatient(counter.buy());
    Object.assign(counter.facilitator, { says: undefined, carries: true });
    await becomes(answer.body.status_url, "fulfilled");
  });

  it("ends as never charged, when nothing lands until the authorization is over", async () => {
    Object.assign(counter.facilitator, { says: { ok: "unknown" }, carries: false });
    const paying = await counter.sign();
    const answer = await impatient(counter.pay(paying));
    counter.world.clock.advance(301);
    expect((await orderOf(answer.body.status_url)).body.status).toBe("settling");
    counter.world.clock.advance(31);
    await becomes(answer.body.status_url, "expired");
    const again = await counter.pay(paying);
    expect([again.status, again.body.error, again.body.details.reason]).toEqual([402, "payment_invalid", "expired"]);
  });

  it("is not called never charged by an index that cannot know", async () => {
    Object.assign(counter.facilitator, { says: { ok: "unknown" }, indexes: false });
    const answer = await impatient(counter.buy());
    counter.world.indexed.stale = true;
    counter.world.clock.advance(500);
    await expect.poll(() => counter.world.clock.sleeping).toBeGreaterThan(0);
    expect((await orderOf(answer.body.status_url)).body.status).toBe("settling");
    counter.world.indexed.stale = false;
    counter.facilitator.index();
    await becomes(answer.body.status_url, "fulfilled");
  });
});

describe("T4: a sale that cannot be fulfilled once it was paid", () => {
  it("is 502 with the receipt, and a credit that the payer sees", async () => {
    const payer = wallet();
    const paying = await counter.sign({ payer });
    counter.sales.failures.push(new Error("http://supplier.example/?key=SECRET said no"));
    const answer = await counter.pay(paying);
    expect([answer.status, answer.body.error]).toEqual([502, "provider_failed"]);
    expect(answer.text).not.toContain("supplier");
    const { order_id, credit } = answer.body.details;
    expect(credit).toEqual({ address: payer.address.toLowerCase(), amount_usd: 0.05, amount_micro_usd: "50000" });
    expect(receiptOf(answer)).toMatchObject({ success: true, payer: payer.address.toLowerCase() });
    const { body } = await counter.balanceOf(payer);
    expect(body).toMatchObject({ success: true, address: payer.address, balance_usd: 0.05 });
    expect(body.credits).toMatchObject([{ order_id, amount_usd: 0.05, item: "test.greeting" }]);
    expect((await counter.balanceOf(wallet())).body).toMatchObject({ balance_usd: 0, credits: [] });
    const order = await counter.world.ask(`/api/v1/orders/${order_id}`);
    expect(order.body).toMatchObject({ status: "credited", credit, reason: "provider_failed" });
    const again = await counter.pay(paying);
    expect([again.status, again.body.details]).toEqual([502, answer.body.details]);
  });

  it("waits while the outcome is unknown, and is asked again with the same order id", async () => {
    counter.sales.isSlow = true;
    const paying = await counter.sign({}, SLOW);
    const answer = await counter.pay(paying, { path: SLOW });
    expect([answer.status, answer.body.status]).toEqual([202, "settled"]);
    expect(receiptOf(answer).success).toBe(true);
    counter.sales.isSlow = false;
    await becomes(answer.body.status_url, "fulfilled");
    expect(counter.sales.effects.filter((id) => id === answer.body.order_id)).toHaveLength(1);
    expect((await counter.pay(paying, { path: SLOW })).body).toEqual({ success: true, slow: true });
  });

  it("is not charged when the sale says before that it cannot be had, and the payment stays good", async () => {
    const { settles } = counter.facilitator;
    const paying = await counter.sign();
    const gone = await counter.pay(paying, { body: { name: "ada", soldOut: true } });
    const wrong = await counter.pay(paying, { body: { name: 7 } });
    expect([gone.body.error, wrong.body.error]).toEqual(["out_of_stock", "invalid_field"]);
    expect(counter.facilitator.settles).toBe(settles);
    expect((await counter.pay(paying)).status).toBe(200);
  });
});

describe("T5: a price that changed", () => {
  it("is asked for afresh; what was bought before stays bought", async () => {
    const old = await counter.sign();
    const bought = await counter.sign();
    expect((await counter.pay(bought)).status).toBe(200);
    const { settles } = counter.facilitator;
    for (const priceMicroUsd of [PRICE * 2n, PRICE / 2n]) {
      const dearer = createTestSales().all.map((sale) => ({ ...sale, priceMicroUsd }));
      const later = await counter.world.sibling({}, { sales: dearer });
      for (const dialect of [1, 2] as const) {
        const answer = await counter.pay(old, { at: later, dialect });
        expect([answer.status, answer.body.error]).toEqual([402, "payment_invalid"]);
        expect(answer.body.details.reason).toBe(dialect === 1 ? "amount_mismatch" : "requirements_mismatch");
        expect(answer.body.accepts[0].maxAmountRequired).toBe(String(priceMicroUsd));
      }
      expect((await counter.pay(bought, { at: later })).status).toBe(200);
    }
    expect(counter.facilitator.settles).toBe(settles);
  });
});

describe("T13: a facilitator that throws", () => {
  it("lets nobody in", async () => {
    const { effects } = counter.sales;
    const before = effects.length;
    counter.facilitator.verdict = new Error("https://rpc.example/v2/SECRET_API_KEY");
    const answer = await counter.buy();
    expect([answer.status, answer.body.error]).toEqual([503, "payments_unavailable"]);
    counter.facilitator.verdict = undefined;
    Object.assign(counter.facilitator, { says: new Error("https://rpc.example/v2/SECRET_API_KEY"), carries: false });
    expect((await impatient(counter.buy())).status).toBe(202);
    expect(effects.length).toBe(before);
    expect(answer.text + counter.world.logs.join()).not.toContain("SECRET_API_KEY");
  });

  it("that refuses for good is told as refused, and a stranger's settlement of it is credited", async () => {
    const payer = wallet();
    Object.assign(counter.facilitator, { says: { ok: false, reason: "insufficient_funds" }, carries: false });
    const paying = await counter.sign({ payer });
    const answer = await counter.pay(paying);
    expect([answer.status, answer.body.error]).toEqual([402, "payment_invalid"]);
    expect(answer.body.details.reason).toBe("insufficient_funds");
    counter.facilitator.carry(paying.signed.authorization);
    const again = await counter.pay(paying);
    expect([again.status, again.body.details.credit.amount_usd]).toEqual([502, 0.05]);
    expect((await counter.balanceOf(payer)).body.balance_usd).toBe(0.05);
  });
});

describe("T18: a payment of nothing", () => {
  it("is refused, and a sale without a price stops the start", async () => {
    const { settles } = counter.facilitator;
    const free = await counter.sign({ changes: { value: "0" } });
    const echoed = { ...free, accepted: { ...free.accepted, amount: "0" } };
    for (const paying of [free, echoed]) expect((await counter.pay(paying)).status).toBe(402);
    expect(counter.facilitator.settles).toBe(settles);
    const sales = createTestSales().all.map((sale) => ({ ...sale, priceMicroUsd: 0n }));
    await expect(counter.world.sibling({}, { sales })).rejects.toThrow("test.greeting has no price");
  });
});

describe("an order's page", () => {
  it("tells secrets to the payer alone", async () => {
    const payer = wallet();
    await counter.pay(await counter.sign({ payer }, KEY), { path: KEY });
    const id = counter.sales.effects.at(-1);
    const open = await counter.world.ask(`/api/v1/orders/${id}`);
    expect(open.body.answer.withheld).toEqual(["api_key"]);
    const headers = await signedInAs(counter.world, payer);
    expect((await counter.world.ask(`/api/v1/orders/${id}`, { headers })).body.answer.api_key).toBe(`secret-of-${id}`);
    for (const unknown of [crypto.randomUUID(), "1", "%00", GREETING])
      expect((await counter.world.ask(`/api/v1/orders/${encodeURIComponent(unknown)}`)).status).toBe(404);
    expect((await counter.world.ask("/api/v1/balance")).status).toBe(401);
  });
});
