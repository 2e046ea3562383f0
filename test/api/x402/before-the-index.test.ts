import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Counter, openCounter, receiptOf, rounds } from "./counter.ts";
import { wallet } from "./payer.ts";
import { createTestSales, GREETING } from "./sales.ts";

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter();
});
afterAll(() => counter?.world.close());
beforeEach(() => {
  Object.assign(counter.facilitator, { carries: true, indexes: false, hold: undefined, says: undefined });
  counter.sales.failures.length = 0;
});

const statusOf = async (id: string) => (await counter.world.ask(`/api/v1/orders/${id}`)).body;
/** The worker's next rounds, until the order is as it should be. */
const becomes = (id: string, expected: Record<string, unknown>) =>
  rounds(counter, () => statusOf(id), 5).toMatchObject(expected);
/** Lets a request that waits for the index lose its patience. */
async function impatient<T>(asking: Promise<T>): Promise<T> {
  await expect.poll(() => counter.world.indexed.waiting).toBeGreaterThan(0);
  counter.world.clock.advance(3);
  return asking;
}

/** Bought on the word of the transaction; `lose` is a reorg that comes before the index has seen it. */
async function bought(failure?: Error) {
  const payer = wallet();
  const paying = await counter.sign({ payer, validForSec: 120 });
  if (failure) counter.sales.failures.push(failure);
  const answer = await counter.pay(paying);
  const { from, nonce } = paying.signed.authorization;
  const { pool } = counter.world.server.deps.db;
  const [{ id }] = (await pool.query("select id from app.x402_order where nonce = $1", [nonce])).rows;
  const lose = () => {
    counter.facilitator.taken.clear();
    counter.world.indexed.removeSettlement({ payer: from, nonce });
  };
  return { id, payer, answer, lose };
}

describe("a settlement that the index has not come to", () => {
  it("buys at once, when the transaction that our settler names holds it", async () => {
    const { id, answer } = await bought();
    expect([answer.status, answer.body.greeting]).toEqual([200, "hello ada"]);
    expect(await statusOf(id)).toMatchObject({ status: "fulfilled", transaction: receiptOf(answer).transaction });
    counter.facilitator.index();
    const { settles } = counter.facilitator;
    await becomes(id, { status: "fulfilled" });
    expect(counter.facilitator.settles).toBe(settles);
  });

  it("does not buy on the word of whoever settled, nor with somebody else's transaction", async () => {
    const { answer } = await bought();
    Object.assign(counter.facilitator, { carries: false });
    for (const txHash of [`0x${"7".repeat(64)}`, receiptOf(answer).transaction]) {
      counter.facilitator.says = { ok: true, txHash: txHash as `0x${string}` };
      const told = await impatient(counter.buy());
      expect([told.status, told.body.status, told.headers.get("payment-response")]).toEqual([202, "settling", null]);
      expect(await statusOf(told.body.order_id)).toMatchObject({ status: "settling", transaction: null });
    }
  });
});

describe("a reorg that comes before the index has seen the settlement", () => {
  it("has it settled again from what was signed", async () => {
    const { id, lose } = await bought();
    const { settles } = counter.facilitator;
    lose();
    counter.facilitator.indexes = true;
    // Sent once more, too, where this test's clock overtakes the settling.
    await rounds(counter, () => counter.facilitator.settles, 5).toBeGreaterThan(settles);
    await becomes(id, { status: "fulfilled" });
    expect([counter.sales.effects.filter((one) => one === id).length, counter.sales.revoked]).toEqual([1, []]);
  });

  it("takes back what was sold, and what was credited, when it cannot be", async () => {
    const sold = await bought();
    const failed = await bought(new Error("sold out after all"));
    expect((await counter.balanceOf(failed.payer)).body.balance_usd).toBe(0.05);
    counter.facilitator.carries = false;
    for (const { id, lose } of [sold, failed]) {
      lose();
      await becomes(id, { status: "revoked", is_final: true, reason: "reorg" });
    }
    const ofThese = counter.sales.revoked.filter((id) => id === sold.id || id === failed.id);
    expect(ofThese).toEqual([sold.id]);
    expect((await counter.balanceOf(failed.payer)).body.balance_usd).toBe(0);
  });
});

describe("a price that needs more than the settlement's own block", () => {
  it("waits for the index", async () => {
    const priceMicroUsd = 500_000_000n;
    const sales = createTestSales().all.map((sale) => ({ ...sale, priceMicroUsd }));
    const dear = await counter.world.sibling({}, { sales });
    const accepted = { ...(await counter.quote()), amount: String(priceMicroUsd) };
    const paying = await counter.sign({ changes: { value: String(priceMicroUsd) } });
    const answer = await impatient(counter.pay({ ...paying, accepted }, { path: GREETING, at: dear }));
    expect([answer.status, answer.body.status]).toEqual([202, "settling"]);
    counter.facilitator.index();
    await becomes(answer.body.order_id, { status: "fulfilled" });
  });
});
