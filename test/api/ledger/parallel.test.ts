import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AccountId, capture, deposit, hold, type Queryable, release } from "../../../api/ledger.ts";
import { AT, addressOf, holding, type LedgerWorld, openLedgerWorld, sums } from "./ledger-world.ts";

let world: LedgerWorld;
beforeAll(async () => {
  world = await openLedgerWorld();
});
afterAll(() => world.close());

const PRICE = 50_000n;

/** What came of each, and how many went through. */
async function tried(works: readonly (() => Promise<unknown>)[]) {
  const outcomes = await Promise.allSettled(works.map((work) => work()));
  const codes = outcomes.map((outcome) => (outcome.status === "rejected" ? outcome.reason.code : outcome.value));
  const count = (code: unknown) => codes.filter((each) => each === code).length;
  return {
    went: count(true),
    before: count(false),
    poor: count("insufficient_balance"),
    capped: count("key_cap_reached"),
  };
}

/** Connections of several pools, as several processes have them. */
const spread = (pools: readonly Queryable[], i: number): Queryable => pools[i % pools.length] as Queryable;

describe("two hundred purchases at once", () => {
  it("on a balance that covers one: exactly one goes through", async () => {
    const accountId = await world.account(PRICE + PRICE - 1n);
    const pools = [world.pool(20), world.pool(20), world.pool(20)];
    const purchase = (i: number) => () => hold(spread(pools, i), holding(accountId, PRICE));
    const outcome = await tried(Array.from({ length: 200 }, (_, i) => purchase(i)));
    expect(outcome).toEqual({ went: 1, before: 0, poor: 199, capped: 0 });
    expect(await world.balance(accountId)).toBe(PRICE - 1n);
  });

  it("in transactions that take their time, with a change of something else: as many as are covered", async () => {
    const accountId = await world.account(PRICE * 7n);
    await world.db.pool.query("create table app.test_order (order_id uuid primary key)");
    const purchase = () => {
      const held = holding(accountId, PRICE);
      return world.db.transaction(async (client) => {
        await client.query("insert into app.test_order values ($1)", [held.orderId]);
        const isHeld = await hold(client, held);
        // Without a lock, all the others would now see a balance that is spent already.
        await client.query("select pg_sleep(0.005)");
        return isHeld;
      });
    };
    const outcome = await tried(Array.from({ length: 200 }, () => purchase));
    expect(outcome).toEqual({ went: 7, before: 0, poor: 193, capped: 0 });
    const { rows } = await world.db.pool.query("select count(*)::int as count from app.test_order");
    expect([rows[0].count, await world.balance(accountId)]).toEqual([7, 0n]);
  });

  it("of one order: it is held once", async () => {
    const accountId = await world.account(PRICE * 1_000n);
    const pools = [world.pool(20), world.pool(20)];
    const held = holding(accountId, PRICE);
    const outcome = await tried(Array.from({ length: 200 }, (_, i) => () => hold(spread(pools, i), held)));
    expect(outcome).toEqual({ went: 1, before: 199, poor: 0, capped: 0 });
    expect(await world.balance(accountId)).toBe(PRICE * 999n);
  });

  it("by a key whose cap covers three of them: three go through", async () => {
    const accountId = await world.account(PRICE * 1_000n);
    const keyId = await world.key(accountId, PRICE * 3n + 1n);
    const pools = [world.pool(20), world.pool(20)];
    const purchase = (i: number) => () => hold(spread(pools, i), { ...holding(accountId, PRICE), keyId });
    const outcome = await tried(Array.from({ length: 200 }, (_, i) => purchase(i)));
    expect(outcome).toEqual({ went: 3, before: 0, poor: 0, capped: 197 });
  });
});

describe("everything at once", () => {
  it("captures and releases of the same orders end each once, while money comes in", async () => {
    const accountId = await world.account(PRICE * 60n);
    const pools = [world.pool(20), world.pool(20)];
    const orders = Array.from({ length: 60 }, () => holding(accountId, PRICE));
    expect((await tried(orders.map((held) => () => hold(world.db.pool, held)))).went).toBe(60);
    const before = await sums(world);
    const ends = orders.flatMap((held, i) => {
      const end = { ...held, cause: `end:${held.orderId}` };
      return [capture, release, release, capture].map((act, j) => () => act(spread(pools, i + j), end));
    });
    const arrivals = Array.from({ length: 60 }, (_, i) => () => arrive(spread(pools, i), accountId));
    const outcome = await tried([...ends, ...arrivals]);
    expect(outcome).toEqual({ went: 120, before: 180, poor: 0, capped: 0 });
    const after = await sums(world);
    const sold = (after.sales ?? 0n) - (before.sales ?? 0n);
    expect(await world.balance(accountId)).toBe(PRICE * 60n - sold + 60n);
    expect((after.escrow ?? 0n) - (before.escrow ?? 0n)).toBe(-PRICE * 60n);
    expect(Object.values(after).reduce((a, b) => a + b)).toBe(0n);
  });
});

const arrive = (on: Queryable, accountId: AccountId) =>
  deposit(on, {
    cause: `deposit:${randomUUID()}`,
    accountId,
    payer: addressOf(1),
    chainId: 8453,
    amountMicroUsd: 1n,
    at: AT,
  });
