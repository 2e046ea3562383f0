import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiError } from "../../../api/errors.ts";
import { JSON_TYPE } from "../../world.ts";
import { type Counter, NAME, openCounter } from "../x402/counter.ts";
import { GREETING, PRICE } from "../x402/sales.ts";
import { keyWith, type TestKey } from "./key.ts";

let counter: Counter;
let key: TestKey;
beforeAll(async () => {
  counter = await openCounter();
  key = await keyWith(counter.world, { microUsd: 10n * PRICE });
});
afterAll(() => counter?.world.close());

const buy = (name: string) =>
  counter.world.ask(GREETING, {
    method: "POST",
    headers: { ...JSON_TYPE, ...key.headers, "Idempotency-Key": name },
    body: JSON.stringify(NAME),
  });

/** The pool hands out no connection from when the price is held until `back`. */
async function cutOffWhileBuying(name: string) {
  const { pool } = counter.world.server.deps.db;
  const { sales } = counter;
  const { connect, query } = pool;
  let go = () => {};
  sales.hold = new Promise<void>((resolve) => {
    go = resolve;
  });
  const asked = sales.asked.length;
  const buying = buy(name);
  await expect.poll(() => sales.asked.length).toBe(asked + 1);
  const away = () => Promise.reject(Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }));
  Object.assign(pool, { connect: away, query: away });
  go();
  const answer = await buying;
  sales.hold = undefined;
  Object.assign(pool, { connect, query });
  return answer;
}

async function ended(orderId: string) {
  const { pool } = counter.world.server.deps.db;
  const state = async () =>
    (await pool.query("select state from app.balance_order where id = $1", [orderId])).rows[0].state;
  await expect
    .poll(
      async () => {
        counter.world.clock.advance(2);
        return state();
      },
      { interval: 20, timeout: 10_000 },
    )
    .not.toBe("held");
  const { rows } = await pool.query("select kind from app.ledger_entry where order_id = $1 order by entry_id", [
    orderId,
  ]);
  return [await state(), ...rows.map(({ kind }) => kind)];
}

describe("a database that goes away between hold and end", () => {
  it("leaves what was had to the worker: charged once, and the name stands for it", async () => {
    const before = await key.balance();
    const answer = await cutOffWhileBuying("had");
    expect([answer.status, answer.body.status]).toEqual([202, "held"]);
    expect(await ended(answer.body.order_id)).toEqual(["fulfilled", "hold", "capture"]);
    expect((await buy("had")).body).toEqual({ success: true, greeting: "hello ada" });
    expect(await key.balance()).toBe(before - PRICE);
  });

  it("leaves what was refused to the worker: given back once", async () => {
    const before = await key.balance();
    counter.sales.failures.push(new ApiError("provider_failed"), new ApiError("provider_failed"));
    const answer = await cutOffWhileBuying("refused");
    expect(answer.status).toBe(202);
    expect(await ended(answer.body.order_id)).toEqual(["released", "hold", "release"]);
    expect(await key.balance()).toBe(before);
  });
});
