import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Counter, openCounter, type Paying } from "./counter.ts";
import { wallet } from "./payer.ts";
import { PRICE } from "./sales.ts";

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter();
});
afterAll(() => counter?.world.close());
beforeEach(() => {
  Object.assign(counter.facilitator, { says: undefined, carries: true, hold: undefined, balance: undefined });
});

const told = ({ status, body }: Awaited<ReturnType<Counter["pay"]>>) => [status, body.details?.reason ?? body.error];
const signs = (payer: ReturnType<typeof wallet>, count: number): Promise<Paying[]> =>
  Promise.all(Array.from({ length: count }, () => counter.sign({ payer })));

describe("a wallet that signs more than it has", () => {
  it("is not settled for beyond its balance, whichever process it asks", async () => {
    const other = await counter.world.sibling();
    const { settles } = counter.facilitator;
    const holding = Promise.withResolvers<void>();
    Object.assign(counter.facilitator, { balance: PRICE * 2n, hold: holding.promise });
    const asking = (await signs(wallet(), 10)).map((paying, no) =>
      counter.pay(paying, { at: no % 2 ? other : counter.world }),
    );
    let refused = 0;
    for (const one of asking) void one.then(() => refused++);
    await expect.poll(() => refused, { timeout: 20_000 }).toBe(8);
    holding.resolve();
    const answers = (await Promise.all(asking)).map(told).sort();
    expect(answers.filter(([status]) => status === 200)).toHaveLength(2);
    expect(answers.filter(([, why]) => why === "insufficient_funds")).toHaveLength(8);
    expect(counter.facilitator.settles).toBe(settles + 2);
  });

  it("may spend all that it has, one after the other, and copies cost it nothing", async () => {
    const payer = wallet();
    counter.facilitator.balance = PRICE;
    for (const paying of await signs(payer, 3)) {
      const copies = await Promise.all([counter.pay(paying), counter.pay(paying), counter.pay(paying)]);
      expect(copies.map(({ status }) => status)).toEqual([200, 200, 200]);
    }
  });
});

describe("a wallet whose payments fail on chain", () => {
  it("waits after five of them, and for what is on chain already it need not", async () => {
    const payer = wallet();
    Object.assign(counter.facilitator, { says: { ok: false, reason: "insufficient_funds" }, carries: false });
    for (const paying of await signs(payer, 5)) expect((await counter.pay(paying)).status).toBe(402);
    Object.assign(counter.facilitator, { says: undefined, carries: true });
    const { settles } = counter.facilitator;
    const [paying] = (await signs(payer, 1)) as [Paying];
    const answer = await counter.pay(paying);
    expect([answer.status, answer.body.error]).toEqual([429, "rate_limited"]);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(500);
    expect(counter.facilitator.settles).toBe(settles);
    expect((await counter.buy()).status).toBe(200);
    counter.facilitator.carry(paying.signed.authorization);
    expect((await counter.pay(paying)).status).toBe(200);
    counter.world.clock.advance(601);
    expect((await counter.pay(await counter.sign({ payer }))).status).toBe(200);
  });
});

describe("a wallet with very much under way", () => {
  it("waits until some of it has come to rest", async () => {
    const payer = wallet();
    const holding = Promise.withResolvers<void>();
    counter.facilitator.hold = holding.promise;
    const asking = (await signs(payer, 50)).map((paying) => counter.pay(paying));
    const { pool } = counter.world.server.deps.db;
    const open = "select count(*)::int as count from app.x402_order where state = 'settling' and payer = $1";
    const count = async () => (await pool.query(open, [payer.address.toLowerCase()])).rows[0].count;
    await expect.poll(count, { timeout: 20_000 }).toBe(50);
    const answer = await counter.pay(await counter.sign({ payer }));
    expect([answer.status, answer.body.error]).toEqual([429, "rate_limited"]);
    holding.resolve();
    expect(new Set((await Promise.all(asking)).map(({ status }) => status))).toEqual(new Set([200]));
  });
});
