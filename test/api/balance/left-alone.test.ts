import { afterAll, beforeAll, expect, it } from "vitest";
import { JSON_TYPE } from "../../world.ts";
import { type Counter, NAME, openCounter, rounds } from "../x402/counter.ts";
import { createTestSales, PRICE, SLOW } from "../x402/sales.ts";
import { keyWith } from "./key.ts";

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter();
});
afterAll(() => counter?.world.close());

const until = (look: () => unknown) => rounds(counter, look);
const alarmsOf = (id: string) =>
  counter.world.logs.filter((line) => line.includes("the price of an order stays held") && line.includes(id));

it("an order of what is not sold any more is left alone, and told to the operator once by each process", async () => {
  const { world, sales } = counter;
  const key = await keyWith(world, { microUsd: PRICE });
  sales.isSlow = true;
  const headers = { ...JSON_TYPE, ...key.headers };
  const { body } = await world.ask(SLOW, { method: "POST", headers, body: JSON.stringify(NAME) });
  const row = async () => {
    const { pool } = world.server.deps.db;
    return (await pool.query("select state, looks from app.balance_order where id = $1", [body.order_id])).rows[0];
  };
  await world.sibling({}, { sales: createTestSales().all.filter(({ path }) => path !== SLOW) });
  await until(() => alarmsOf(body.order_id).length).toBe(1);
  // Two rounds of the alarm more.
  world.clock.advance(61);
  await until(async () => (await row()).looks).toBeGreaterThan(5);
  expect([(await row()).state, alarmsOf(body.order_id).length]).toEqual(["held", 1]);
  // Past an hour the one that knows the sale tells of it, too.
  world.clock.advance(3_600);
  await until(() => alarmsOf(body.order_id).length).toBe(2);
  sales.isSlow = false;
  await until(async () => (await row()).state).toBe("fulfilled");
});
