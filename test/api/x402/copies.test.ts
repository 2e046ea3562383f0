import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Counter, inTime, openCounter, receiptOf, signedInAs } from "./counter.ts";
import { naming, wallet } from "./payer.ts";
import { GREETING, SECOND } from "./sales.ts";

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter();
});
afterAll(() => counter?.world.close());

let before: { settles: number; effects: number };
beforeEach(() => {
  before = { settles: counter.facilitator.settles, effects: counter.sales.effects.length };
});
const since = () => ({
  settles: counter.facilitator.settles - before.settles,
  effects: counter.sales.effects.length - before.effects,
});
const ONCE = { settles: 1, effects: 1 };

describe("T1: copies of one payment at the same time", () => {
  it("are one settlement, one fulfilment, and twenty equal answers", async () => {
    const paying = await counter.sign();
    const asking = Array.from({ length: 20 }, () => counter.pay(paying));
    const answers = await inTime(counter, asking);
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`))).toEqual(
      new Set(['200 {"success":true,"greeting":"hello ada"}']),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(receiptOf(answer)))).size).toBe(1);
    expect(since()).toEqual(ONCE);
    expect(answers.filter(({ headers }) => headers.get("idempotent-replayed") !== "true")).toHaveLength(1);
  });

  it("are one also when two processes get them, in both dialects and spelled differently", async () => {
    const other = await counter.world.sibling();
    const paying = await counter.sign();
    const { authorization, signature } = paying.signed;
    const shouted = { ...authorization, nonce: `0x${authorization.nonce.slice(2).toUpperCase()}` as const };
    const respelled = { ...paying, signed: { authorization: shouted, signature } };
    const asking = Array.from({ length: 20 }, (_, copy) =>
      counter.pay(copy % 3 ? paying : respelled, {
        at: copy % 2 ? other : counter.world,
        dialect: copy % 5 ? 2 : 1,
      }),
    );
    const answers = await inTime(counter, asking);
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(200);
    expect(since()).toEqual(ONCE);
  });
});

describe("T2: a payment that comes again", () => {
  it("gets its answer again, with the receipt", async () => {
    const paying = await counter.sign();
    const first = await counter.pay(paying);
    const second = await counter.pay(paying);
    expect([second.status, second.text]).toEqual([200, first.text]);
    expect(second.headers.get("idempotent-replayed")).toBe("true");
    expect(receiptOf(second)).toEqual(receiptOf(first));
    expect(receiptOf(first)).toMatchObject({ success: true, transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/) });
    expect(since()).toEqual(ONCE);
  });

  it("gets it also past its time, and from a process that has just started", async () => {
    const paying = await counter.sign();
    const first = await counter.pay(paying);
    counter.world.clock.advance(400);
    const fresh = await counter.world.sibling();
    const again = await counter.pay(paying, { at: fresh });
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect(since()).toEqual(ONCE);
  });
});

describe("T7: a payment made for one request", () => {
  it("is refused for another endpoint or another body, and stays good for its own", async () => {
    const paying = await counter.sign();
    expect((await counter.pay(paying)).status).toBe(200);
    for (const how of [{ path: SECOND }, { body: { name: "bob" } }, { path: `${GREETING}?lang=fr` }]) {
      const answer = await counter.pay(paying, how);
      expect([answer.status, answer.body.error]).toEqual([409, "payment_reused"]);
    }
    const respelled = await counter.pay(paying, { body: { ...{ name: "ada" } } });
    expect(respelled.status).toBe(200);
    expect(since()).toEqual(ONCE);
  });

  it("is not taken for an endpoint that its own resource does not name", async () => {
    const paying = await counter.sign();
    const resource = { url: `${counter.world.url}${GREETING}` };
    const answer = await counter.pay(paying, { path: SECOND, more: { resource } });
    expect([answer.status, answer.body.details.reason]).toEqual([402, "requirements_mismatch"]);
    expect(since()).toEqual({ settles: 0, effects: 0 });
  });
});

describe("T8: an authorization that somebody else carried to the chain", () => {
  it("buys all the same while it is good", async () => {
    const paying = await counter.sign();
    counter.facilitator.carry(paying.signed.authorization);
    const answer = await counter.pay(paying);
    expect([answer.status, answer.body.greeting]).toEqual([200, "hello ada"]);
    expect(since()).toEqual({ settles: 0, effects: 1 });
  });

  it("is not called unpaid while the index does not know it yet", async () => {
    const paying = await counter.sign();
    counter.facilitator.indexes = false;
    counter.facilitator.carry(paying.signed.authorization);
    const asking = counter.pay(paying);
    await expect.poll(() => counter.world.indexed.waiting).toBeGreaterThan(0);
    counter.facilitator.index();
    expect((await asking).status).toBe(200);
    counter.facilitator.indexes = true;
    expect(since()).toEqual({ settles: 0, effects: 1 });
  });

  it("and given back by the operator buys nothing more, and nothing while that cannot be known", async () => {
    const paying = await counter.sign();
    const { authorization } = paying.signed;
    counter.facilitator.carry(authorization);
    counter.facilitator.verdict = { ok: false, reason: "refused" };
    counter.world.chain.isDown = true;
    expect((await counter.pay(paying)).body.error).toBe("chain_unavailable");
    counter.world.chain.isDown = false;
    counter.world.chain.refunded.add(`${authorization.from}|${authorization.nonce}`.toLowerCase());
    const answer = await counter.pay(paying);
    counter.facilitator.verdict = undefined;
    expect([answer.status, answer.body.details.reason]).toEqual([402, "already_used"]);
    expect(since()).toEqual({ settles: 0, effects: 0 });
  });

  it("and given back before the index knew of it buys nothing, and is not credited", async () => {
    const payer = wallet();
    const paying = await counter.sign({ payer });
    const { authorization } = paying.signed;
    counter.facilitator.indexes = false;
    counter.facilitator.carry(authorization);
    const asking = counter.pay(paying);
    await expect.poll(() => counter.world.indexed.waiting).toBeGreaterThan(0);
    counter.world.chain.refunded.add(`${authorization.from}|${authorization.nonce}`.toLowerCase());
    counter.facilitator.index();
    counter.facilitator.indexes = true;
    const answer = await asking;
    expect([answer.status, answer.body.details.reason]).toEqual([402, "already_used"]);
    expect((await counter.balanceOf(payer)).body.balance_usd).toBe(0);
    expect(since()).toEqual({ settles: 0, effects: 0 });
  });

  it("past its time buys for its payer alone", async () => {
    const payer = wallet();
    const paying = await counter.sign({ payer });
    counter.facilitator.carry(paying.signed.authorization);
    counter.world.clock.advance(301);
    counter.facilitator.verdict = { ok: false, reason: "expired" };
    const stranger = await counter.pay(paying, { headers: await signedInAs(counter.world, wallet()) });
    const nobody = await counter.pay(paying);
    expect([stranger.body.error, nobody.body.error]).toEqual(["payment_settled", "payment_settled"]);
    const own = await counter.pay(paying, { headers: await signedInAs(counter.world, payer) });
    counter.facilitator.verdict = undefined;
    expect([own.status, own.body.greeting]).toEqual([200, "hello ada"]);
    expect(since()).toEqual({ settles: 0, effects: 1 });
  });
});

describe("T14: a purchase that its client named", () => {
  const more = () => naming(`purchase-${crypto.randomUUID()}`);

  it("is not paid twice when the client signs afresh", async () => {
    const payer = wallet();
    const name = more();
    const first = await counter.pay(await counter.sign({ payer }), { more: name });
    const second = await counter.pay(await counter.sign({ payer }), { more: name });
    expect([second.status, second.text]).toEqual([200, first.text]);
    expect(receiptOf(second)).toEqual(receiptOf(first));
    expect(since()).toEqual(ONCE);
  });

  it("is one also when both signatures come at once", async () => {
    const payer = wallet();
    const name = more();
    const both = await Promise.all([counter.sign({ payer }), counter.sign({ payer })]);
    const asking = both.map((paying) => counter.pay(paying, { more: name }));
    const answers = await inTime(counter, asking);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(since()).toEqual(ONCE);
  });

  it("is refused for another request, belongs to its payer, and needs a real signature", async () => {
    const payer = wallet();
    const name = more();
    await counter.pay(await counter.sign({ payer }), { more: name });
    const other = await counter.pay(await counter.sign({ payer }), { more: name, body: { name: "bob" } });
    expect([other.status, other.body.error]).toEqual([409, "payment_reused"]);
    const forged = await counter.sign({ payer: wallet(), changes: { from: payer.address } });
    const answer = await counter.pay(forged, { more: name });
    expect([answer.status, answer.body.details.reason]).toEqual([402, "invalid_signature"]);
    expect(since()).toEqual(ONCE);
    expect((await counter.pay(await counter.sign(), { more: name })).status).toBe(200);
    expect(since()).toEqual({ settles: 2, effects: 2 });
  });

  it.each(["short", "with spaces in it, long", "x".repeat(129), 7])("is not taken under the name %s", async (id) => {
    const answer = await counter.pay(await counter.sign(), { more: naming(id as string) });
    expect([answer.status, answer.body.error]).toEqual([400, "invalid_payment"]);
    expect(since().settles).toBe(0);
  });
});
