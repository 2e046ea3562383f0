import { randomUUID } from "node:crypto";
import { once } from "node:events";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../api/clock.ts";
import { keyWith, type TestKey } from "../api/balance/key.ts";
import { GREETING, PRICE } from "../api/x402/sales.ts";
import { arm, live, type Mortal } from "./mortal.ts";
import type { Step } from "./mortal-api.ts";
import { startTill, type Till } from "./till.ts";

const KILLS_PER_STEP = 4;
/** In mortal-api's words: when the price is held, when the effect was had, when it was charged. */
const STEPS: readonly Step[] = ["index", "fulfil", "answer"];

let till: Till;
let database: pg.Pool;
let key: TestKey;
let api: Mortal | undefined;
beforeAll(async () => {
  till = await startTill();
  // Only the mortal processes work here.
  await till.server.stop();
  database = new pg.Pool({ connectionString: till.databaseUrl });
  await database.query("create table public.effect (order_id uuid primary key, happened_at timestamptz default now())");
  const world = { server: { deps: { db: { pool: database } } }, clock: systemClock };
  key = await keyWith(world as never, { microUsd: 1_000n * PRICE });
});
afterAll(async () => {
  api?.child.kill("SIGKILL");
  await database?.end();
  await till?.stop();
});

const send = (url: string, name: string) =>
  fetch(url + GREETING, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...key.headers, "Idempotency-Key": name },
    body: '{"name":"ada"}',
  });

async function orderNamed(name: string) {
  const { rows } = await database.query("select id, state from app.balance_order where idempotency_key = $1", [name]);
  expect(rows).toHaveLength(1);
  const { rows: effects } = await database.query("select from public.effect where order_id = $1", [rows[0].id]);
  const { rows: posted } = await database.query(
    "select kind from app.ledger_entry where order_id = $1 order by entry_id",
    [rows[0].id],
  );
  return { state: rows[0].state as string, effects: effects.length, posted: posted.map(({ kind }) => kind) };
}

describe.each(STEPS)("a process that is killed at: %s", (step) => {
  it(`${KILLS_PER_STEP} times: the next one finishes every purchase, charged and fulfilled once`, async () => {
    for (let kill = 0; kill < KILLS_PER_STEP; kill++) {
      api ??= await live(till.env);
      const before = await key.balance();
      const name = randomUUID();
      await arm(api, step);
      const died = once(api.child, "exit");
      const [answer] = await Promise.allSettled([send(api.url, name)]);
      expect((await died)[1]).toBe("SIGKILL");
      expect(answer.status).toBe("rejected");
      api = await live(till.env);
      // Nobody asks again: the worker takes it up by itself.
      await expect
        .poll(async () => (await orderNamed(name)).state, { timeout: 15_000, interval: 50 })
        .toBe("fulfilled");
      const again = await send(api.url, name);
      expect([again.status, await again.json()]).toEqual([200, { success: true, greeting: "hello ada" }]);
      expect(await orderNamed(name)).toEqual({ state: "fulfilled", effects: 1, posted: ["hold", "capture"] });
      expect(await key.balance()).toBe(before - PRICE);
    }
  });
});

it("leaves nothing in escrow", async () => {
  const { rows } = await database.query(`
    select sum(case when credit_id = 2 then amount_micro_usd else 0 end)
      - sum(case when debit_id = 2 then amount_micro_usd else 0 end) as escrow from app.ledger_entry`);
  expect(rows[0].escrow).toBe("0");
});
