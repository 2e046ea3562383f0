import { once } from "node:events";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { usdcAbi } from "../../contracts/abi.ts";
import { quoteOf } from "../api/x402/counter.ts";
import { headerV2, signed } from "../api/x402/payer.ts";
import { GREETING, PRICE } from "../api/x402/sales.ts";
import { payerNo, USDC } from "../indexer/base.ts";
import { arm, live, type Mortal } from "./mortal.ts";
import type { Step } from "./mortal-api.ts";
import { startTill, type Till } from "./till.ts";

const KILLS_PER_STEP = 6;
const STEPS: readonly Step[] = ["lock", "settle", "index", "fulfil", "answer"];

let till: Till;
let database: pg.Client;
let api: Mortal | undefined;
beforeAll(async () => {
  till = await startTill();
  // Only the mortal processes work here.
  await till.server.stop();
  database = new pg.Client(till.databaseUrl);
  await database.connect();
  await database.query("create table public.effect (order_id uuid primary key, happened_at timestamptz default now())");
});
afterAll(async () => {
  api?.child.kill("SIGKILL");
  await database?.end();
  await till?.stop();
});

const received = async () =>
  (await till.onBase.client.readContract({
    ...{ address: USDC.address, abi: usdcAbi, functionName: "balanceOf" },
    args: [till.onBase.receiver.address],
  })) as bigint;

async function paymentFor(url: string) {
  const quote = await fetch(url + GREETING, { method: "POST" });
  const accepted = quoteOf({ status: 402, headers: quote.headers, text: "", body: undefined });
  const payment = await signed(accepted, { payer: payerNo(1), nowSec: Math.floor(Date.now() / 1000) });
  const headers = { "Content-Type": "application/json", ...headerV2(accepted, payment) };
  const init = { method: "POST", headers, body: '{"name":"ada"}' };
  return { nonce: payment.authorization.nonce, send: (at: string) => fetch(at + GREETING, init) };
}

async function orderBy(nonce: string) {
  const { rows } = await database.query("select * from app.x402_order where nonce = $1", [nonce]);
  expect(rows).toHaveLength(1);
  const effects = await database.query("select * from public.effect where order_id = $1", [rows[0].id]);
  return { ...rows[0], effects: effects.rows.length } as { state: string; effects: number };
}

describe.each(STEPS)("a process that is killed after the step before or at: %s", (step) => {
  it(`${KILLS_PER_STEP} times: the next one finishes every order, charged and fulfilled exactly once`, async () => {
    for (let kill = 0; kill < KILLS_PER_STEP; kill++) {
      api ??= await live(till.env);
      const before = await received();
      const payment = await paymentFor(api.url);
      await arm(api, step);
      const died = once(api.child, "exit");
      const answers = await Promise.allSettled([payment.send(api.url), payment.send(api.url)]);
      expect((await died)[1]).toBe("SIGKILL");
      expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
      api = await live(till.env);
      // Nobody asks again: the worker takes it up by itself.
      await expect
        .poll(async () => (await orderBy(payment.nonce)).state, { timeout: 15_000, interval: 50 })
        .toBe("fulfilled");
      const again = await payment.send(api.url);
      expect([again.status, await again.json()]).toEqual([200, { success: true, greeting: "hello ada" }]);
      expect((await orderBy(payment.nonce)).effects).toBe(1);
      expect(await received()).toBe(before + PRICE);
    }
  });
});

describe("a process that is killed beside another that lives", () => {
  it("leaves its order to that one at once", async () => {
    api ??= await live(till.env);
    const other = await live(till.env);
    try {
      const before = await received();
      const payment = await paymentFor(api.url);
      await arm(api, "settle");
      const died = once(api.child, "exit");
      await Promise.allSettled([payment.send(api.url)]);
      await died;
      api = undefined;
      expect((await payment.send(other.url)).status).toBeLessThan(300);
      await expect.poll(async () => (await orderBy(payment.nonce)).state, { timeout: 15_000 }).toBe("fulfilled");
      expect((await orderBy(payment.nonce)).effects).toBe(1);
      expect(await received()).toBe(before + PRICE);
    } finally {
      other.child.kill("SIGKILL");
    }
  });
});
