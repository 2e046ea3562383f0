import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Answer } from "../../world.ts";
import { type Counter, openCounter, rounds } from "./counter.ts";
import { wallet } from "./payer.ts";
import { PRICE } from "./sales.ts";

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter();
});
afterAll(() => counter?.world.close());
beforeEach(() => {
  Object.assign(counter.facilitator, { carries: true, hold: undefined, says: undefined });
});

const lastOrder = async () => {
  const { pool } = counter.world.server.deps.db;
  return (await pool.query("select * from app.x402_order order by created_at desc, due_at limit 1")).rows[0];
};
const orderOf = async (id: string): Promise<Answer["body"]> => (await counter.world.ask(`/api/v1/orders/${id}`)).body;
/** The worker's next rounds, until the order is as it should be. */
const becomes = (id: string, expected: Record<string, unknown>) =>
  rounds(counter, () => orderOf(id), 5).toMatchObject(expected);

async function bought(failure?: Error) {
  const payer = wallet();
  const paying = await counter.sign({ payer, validForSec: 120 });
  if (failure) counter.sales.failures.push(failure);
  await counter.pay(paying);
  const { id } = (
    await counter.world.server.deps.db.pool.query("select id from app.x402_order where nonce = $1", [
      paying.signed.authorization.nonce,
    ])
  ).rows[0];
  const { from, nonce } = paying.signed.authorization;
  const lose = () => {
    counter.facilitator.taken.clear();
    counter.world.indexed.removeSettlement({ payer: from, nonce });
  };
  return { id, payer, paying, lose, settlement: { payer: from, nonce, amount: PRICE } };
}

describe("a payment that a reorg took back", () => {
  it("is settled again from what was signed, and nothing changes for the buyer", async () => {
    const { id, paying, lose } = await bought();
    const { settles } = counter.facilitator;
    lose();
    await expect
      .poll(() => {
        counter.world.clock.advance(5);
        return counter.facilitator.settles;
      })
      .toBe(settles + 1);
    await becomes(id, { status: "fulfilled" });
    expect(counter.sales.effects.filter((one) => one === id)).toHaveLength(1);
    expect((await counter.pay(paying)).status).toBe(200);
    expect(counter.sales.revoked).not.toContain(id);
  });

  it("is looked at no more when no reorg can take it back", async () => {
    const { id, settlement } = await bought();
    counter.world.indexed.addSettlement({ ...settlement, isFinal: true });
    await becomes(id, { status: "fulfilled", is_final: true });
    expect((await orderOf(id)).is_final).toBe(true);
  });

  it("and cannot be settled any more takes back what was sold", async () => {
    const { id, paying, lose } = await bought();
    counter.facilitator.carries = false;
    lose();
    await becomes(id, { status: "revoked", is_final: true, reason: "reorg" });
    counter.facilitator.carries = true;
    expect(counter.sales.revoked).toContain(id);
    const answer = await counter.pay(paying);
    expect([answer.status, answer.body.error, answer.body.details.reason]).toEqual([402, "payment_invalid", "reorg"]);
  });

  it("takes a credit back, too", async () => {
    const { id, payer, lose } = await bought(new Error("sold out after all"));
    expect((await counter.balanceOf(payer)).body.balance_usd).toBe(0.05);
    counter.facilitator.carries = false;
    lose();
    await becomes(id, { status: "revoked", is_final: true });
    counter.facilitator.carries = true;
    expect((await counter.balanceOf(payer)).body).toMatchObject({ balance_usd: 0, credits: [] });
    expect(counter.sales.revoked).not.toContain(id);
  });

  it("and came back smaller, by the same nonce, leaves the payer what he paid and takes back what was sold", async () => {
    const { id, payer, settlement } = await bought();
    counter.world.indexed.addSettlement({ ...settlement, amount: 20_000n });
    await becomes(id, { status: "credited", reason: "amount_mismatch" });
    expect(counter.sales.revoked).toContain(id);
    expect((await counter.balanceOf(payer)).body.balance_usd).toBe(0.02);
  });
});

describe("an authorization that arrived for another amount", () => {
  it("buys nothing and is credited", async () => {
    const payer = wallet();
    const paying = await counter.sign({ payer });
    counter.facilitator.carries = false;
    const { from, nonce } = paying.signed.authorization;
    counter.facilitator.hold = Promise.resolve().then(() => {
      counter.world.indexed.addSettlement({ payer: from, nonce, amount: 10_000n });
    });
    counter.facilitator.says = { ok: "unknown" };
    const answer = await counter.pay(paying);
    Object.assign(counter.facilitator, { carries: true, hold: undefined, says: undefined });
    expect([answer.status, answer.body.details.credit.amount_micro_usd]).toEqual([502, "10000"]);
    expect(counter.sales.effects).not.toContain((await lastOrder()).id);
    expect((await counter.balanceOf(payer)).body.balance_usd).toBe(0.01);
  });
});
