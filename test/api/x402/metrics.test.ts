import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMetrics } from "../../../api/metrics.ts";
import { measureOrders } from "../../../api/payments/x402/measure-orders.ts";
import { type Counter, openCounter } from "./counter.ts";
import { SLOW } from "./sales.ts";

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter();
});
afterAll(() => counter?.world.close());

/** What is told of orders, by name and state. */
async function scraped(): Promise<Record<string, number>> {
  // Answers are kept for half a second.
  counter.world.clock.advance(1);
  const { status, text } = await counter.world.ask("/metrics");
  expect(status).toBe(200);
  const lines = [...text.matchAll(/^turnpike_x402_(\w+)\{state="(\w+)"\} (\S+)$/gm)];
  return Object.fromEntries(lines.map(([, name, state, value]) => [`${name} ${state}`, Number(value)]));
}

describe("/metrics of orders", () => {
  it("names every state from the start", async () => {
    expect(await scraped()).toEqual({
      "orders settling": 0,
      "orders settled": 0,
      "orders refused": 0,
      "orders expired": 0,
      "orders fulfilled": 0,
      "orders credited": 0,
      "orders revoked": 0,
      "oldest_order_seconds settling": 0,
      "oldest_order_seconds settled": 0,
    });
  });

  it("tells how long the oldest that waits has waited, until it waits no more", async () => {
    counter.sales.isSlow = true;
    await counter.buy(SLOW);
    counter.world.clock.advance(60);
    await counter.buy(SLOW);
    counter.world.clock.advance(60);
    const waiting = await scraped();
    expect(waiting).toMatchObject({ "orders settled": 2, "orders fulfilled": 0, "oldest_order_seconds settling": 0 });
    expect(waiting["oldest_order_seconds settled"]).toBeGreaterThanOrEqual(120);
    expect(waiting["oldest_order_seconds settled"]).toBeLessThan(240);
    counter.sales.isSlow = false;
    await expect.poll(scraped, { timeout: 20_000 }).toMatchObject({
      "orders settled": 0,
      "orders fulfilled": 2,
      "oldest_order_seconds settled": 0,
    });
  });

  it("counts no order that is over", async () => {
    const { rows } = await counter.world.server.deps.db.pool.query("select payer, nonce from app.x402_order");
    for (const paid of rows) counter.world.indexed.addSettlement({ ...paid, amount: 50_000n, isFinal: true });
    await expect.poll(scraped, { timeout: 20_000 }).toMatchObject({ "orders fulfilled": 0 });
  });

  it("tells nothing of what cannot be known while the database is away, and the rest goes on", async () => {
    const metrics = createMetrics();
    metrics.quotes.add();
    const tally = () => Promise.reject(new Error("the database is away"));
    measureOrders({ queue: { tally }, metrics, clock: counter.world.clock });
    const text = await metrics.registry.metrics();
    expect(text).toContain("turnpike_quotes_total 1");
    expect(text).not.toContain("turnpike_x402_orders{");
  });
});
