import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { NotYet } from "../../../api/sale.ts";
import { type Counter, openCounter, rounds } from "./counter.ts";
import { createTestSales, SLOW } from "./sales.ts";

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter();
});
afterAll(() => counter?.world.close());
beforeEach(() => {
  Object.assign(counter.facilitator, { says: undefined, carries: true });
});

const rowOf = async (id: string) => {
  const { pool } = counter.world.server.deps.db;
  return (await pool.query("select * from app.x402_order where id = $1", [id])).rows[0];
};
/** Lets the workers of all processes do their rounds until something is so. */
const until = (look: () => unknown) => rounds(counter, look);
const alarmsOf = (id: string) =>
  counter.world.logs.filter((line) => line.includes("an order is stuck") && line.includes(id));

describe("a paid order of a sale that another process knows nothing of", () => {
  it("is left alone there, and told to the operator once", async () => {
    counter.sales.isSlow = true;
    const answer = await counter.buy(SLOW);
    const { order_id: id } = answer.body;
    expect(answer.body.status).toBe("settled");
    const sales = createTestSales().all.filter(({ path }) => path !== SLOW);
    const other = await counter.world.sibling({}, { sales });
    await until(() => alarmsOf(id).length).toBe(1);
    // Two rounds of the alarm more.
    counter.world.clock.advance(61);
    await until(async () => (await rowOf(id)).looks).toBeGreaterThan(5);
    expect([(await rowOf(id)).state, alarmsOf(id).length]).toEqual(["settled", 1]);
    counter.sales.isSlow = false;
    await until(async () => (await rowOf(id)).state).toBe("fulfilled");
    // What it sells has none of the faults that the other tests order.
    await other.server.stop();
  });
});

describe("an order that was paid to another receiver", () => {
  it("is not judged by what arrived at this one", async () => {
    Object.assign(counter.facilitator, { says: { ok: "unknown" }, carries: false });
    const asking = counter.buy();
    await expect.poll(() => counter.world.indexed.waiting).toBeGreaterThan(0);
    const { pool } = counter.world.server.deps.db;
    const { rows } = await pool.query("select id from app.x402_order where state = 'settling'");
    const [{ id }] = rows;
    const move = (payTo: string) => pool.query("update app.x402_order set pay_to = $2 where id = $1", [id, payTo]);
    const { pay_to: here } = await rowOf(id);
    await move("0x3333333333333333333333333333333333333333");
    counter.world.clock.advance(3);
    expect((await asking).status).toBe(202);
    const { version } = await rowOf(id);
    counter.world.clock.advance(400);
    await until(() => alarmsOf(id).length).toBeGreaterThan(0);
    expect(await rowOf(id)).toMatchObject({ state: "settling", version });
    await move(here);
    await until(async () => (await rowOf(id)).state).toBe("expired");
  });
});

describe("an order that was said to be settled", () => {
  it("is not sent again while the index may be late, but is when nothing comes", async () => {
    const says = { ok: true, txHash: `0x${"7".repeat(64)}` };
    Object.assign(counter.facilitator, { says, carries: false });
    const { settles } = counter.facilitator;
    const asking = counter.buy();
    await expect.poll(() => counter.world.indexed.waiting).toBeGreaterThan(0);
    counter.world.clock.advance(3);
    const { order_id: id } = (await asking).body;
    await until(async () => (await rowOf(id)).looks).toBe(5);
    expect(counter.facilitator.settles).toBe(settles + 1);
    counter.facilitator.carries = true;
    await until(async () => (await rowOf(id)).state).toBe("fulfilled");
    expect(counter.facilitator.settles).toBe(settles + 2);
  });
});

describe("a paid order that cannot be fulfilled by a fault of ours", () => {
  it("is tried more and more rarely, and its cause is an error in the log", async () => {
    const causes = Array.from({ length: 6 }, () => new NotYet(1, { cause: new TypeError("line.lease is undefined") }));
    counter.sales.failures.push(...causes);
    const { body } = await counter.buy();
    expect(body.status).toBe("settled");
    let longestMs = 0;
    // More than one look may go by between two of ours.
    await until(async () => {
      const { due_at, looks } = await rowOf(body.order_id);
      longestMs = Math.max(longestMs, due_at.getTime() - counter.world.clock.nowMs());
      return looks;
    }).toBeGreaterThanOrEqual(4);
    expect(longestMs).toBeGreaterThan(3_000);
    const lines = counter.world.logs.map((line) => JSON.parse(line));
    const told = lines.filter(({ level, orderId }) => level === 50 && orderId === body.order_id);
    expect(told[0].err.message).toBe("line.lease is undefined");
    await until(async () => (await rowOf(body.order_id)).state).toBe("fulfilled");
  });
});
