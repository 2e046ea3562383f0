import { afterAll, beforeAll, expect, it } from "vitest";
import { type Answer, JSON_TYPE, type World } from "../../world.ts";
import { type Counter, NAME, openCounter } from "../x402/counter.ts";
import { GREETING, PRICE, SLOW } from "../x402/sales.ts";
import { keyWith, type TestKey } from "./key.ts";

let counter: Counter;
let sibling: World;
beforeAll(async () => {
  counter = await openCounter();
  sibling = await counter.world.sibling();
});
afterAll(() => counter?.world.close());

const buy = (key: TestKey, at: World, more: { path?: string; name?: string } = {}): Promise<Answer> =>
  at.ask(more.path ?? GREETING, {
    method: "POST",
    headers: { ...JSON_TYPE, ...key.headers, ...(more.name && { "Idempotency-Key": more.name }) },
    body: JSON.stringify(NAME),
  });
const holder = (n: number) => `0x${n.toString(16).padStart(40, "0")}` as const;

it("lets exactly one of 200 purchases through on a balance that covers one, over two processes", async () => {
  const key = await keyWith(counter.world, { microUsd: 2n * PRICE - 1n, of: holder(1) });
  const before = counter.sales.effects.length;
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => buy(key, i % 2 ? sibling : counter.world)));
  const bought = answers.filter(({ status }) => status === 200);
  expect(bought).toHaveLength(1);
  expect(new Set(answers.filter(({ status }) => status !== 200).map(({ body }) => body.error))).toEqual(
    new Set(["insufficient_balance"]),
  );
  expect(counter.sales.effects.length - before).toBe(1);
  expect(await key.balance()).toBe(PRICE - 1n);
});

it("charges one of forty copies with one name, over two processes", async () => {
  const key = await keyWith(counter.world, { microUsd: 40n * PRICE, of: holder(2) });
  const before = counter.sales.effects.length;
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, i) => buy(key, i % 2 ? sibling : counter.world, { name: "copy" })),
  );
  expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
  expect(counter.sales.effects.length - before).toBe(1);
  expect(await key.balance()).toBe(39n * PRICE);
});

it("ends an order once when both processes' workers take it up", async () => {
  const key = await keyWith(counter.world, { microUsd: PRICE, of: holder(3) });
  counter.sales.isSlow = true;
  const { body } = await buy(key, counter.world, { path: SLOW });
  counter.sales.isSlow = false;
  const { pool } = counter.world.server.deps.db;
  await expect
    .poll(
      async () => {
        counter.world.clock.advance(5);
        const { rows } = await pool.query("select state from app.balance_order where id = $1", [body.order_id]);
        return rows[0].state;
      },
      { interval: 20 },
    )
    .toBe("fulfilled");
  const { rows } = await pool.query("select kind from app.ledger_entry where order_id = $1 order by entry_id", [
    body.order_id,
  ]);
  expect(rows.map(({ kind }) => kind)).toEqual(["hold", "capture"]);
  expect(await key.balance()).toBe(0n);
});
