import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signedInAs } from "../x402/counter.ts";
import { naming, wallet } from "../x402/payer.ts";
import { KEY, openTill, type Signing, type Till } from "./till.ts";

let till: Till;
beforeAll(async () => {
  till = await openTill();
});
afterAll(() => till?.world.close());

const idOf = () => `purchase-${crypto.randomUUID()}`;
/** What everybody can put together from the chain, in every way to send it. */
const rebuilt = (signing: Signing) => [
  till.send(signing),
  till.send(signing, { dialect: 1 }),
  till.send(signing, { more: naming(idOf()) }),
];

describe("the key of a top-up, asked for with a payment header that was put together from the chain", () => {
  it("is not told again at once, nor after a minute; to the payer who signs in it is", async () => {
    const payer = wallet();
    const signing = await till.signTopUp({ payer });
    const { body } = await till.send(signing);
    for (const waitSec of [0, 59, 61]) {
      till.world.clock.advance(waitSec);
      for (const told of await Promise.all(rebuilt(signing))) {
        expect(told.status).toBe(200);
        expect(told.text).not.toContain("tpk_");
        expect(told.body).toMatchObject({ withheld: ["api_key"], hint: expect.any(String), key_id: body.key_id });
      }
    }
    const stranger = await till.send(signing, { headers: await signedInAs(till.world, wallet()) });
    expect(stranger.text).not.toContain("tpk_");
    const headers = await signedInAs(till.world, payer);
    const owner = await till.send(signing, { headers });
    expect(owner.body).toEqual(body);
    expect(owner.headers.get("idempotent-replayed")).toBe("true");
  });

  it("is told to one of many copies at most, whichever process they reach", async () => {
    const sibling = await till.world.sibling({}, {});
    const signing = await till.signTopUp();
    const asking = Array.from({ length: 12 }, (_, i) => till.send(signing, { at: i % 2 ? sibling : till.world }));
    let isDone = false;
    const all = Promise.all(asking).finally(() => {
      isDone = true;
    });
    await Promise.race(asking);
    // Whoever waits for the other process looks again after a while.
    while (!isDone) {
      till.world.clock.advance(0.1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const answers = await all;
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
    const told = answers.filter(({ text }) => text.includes("tpk_"));
    expect(told).toHaveLength(1);
    const { rows } = await till.world.server.deps.db.pool.query("select from app.api_key where key_id = $1", [
      told[0]?.body.key_id,
    ]);
    expect(rows).toHaveLength(1);
  });

  it("is not told to who comes while the first is being settled", async () => {
    const signing = await till.signTopUp();
    let settle = () => {};
    till.facilitator.hold = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const first = till.send(signing);
    await expect.poll(() => till.facilitator.settles > 0 && ordersSettling()).toBe(1);
    const copies = rebuilt(signing);
    settle();
    till.facilitator.hold = undefined;
    expect((await first).body.api_key).toMatch(KEY);
    for (const { text } of await Promise.all(copies)) expect(text).not.toContain("tpk_");
  });

  it("is told again to who gives the purchase the name that it was made with", async () => {
    const more = naming(idOf());
    const signing = await till.signTopUp();
    const { body } = await till.send(signing, { more });
    expect((await till.send(signing, { more })).body).toEqual(body);
    for (const told of await Promise.all(rebuilt(signing))) expect(told.text).not.toContain("tpk_");
  });

  it("is not on the order's page without the payer's sign-in", async () => {
    const payer = wallet();
    const { body } = await till.topUp({ payer });
    const page = `/api/v1/orders/${body.order_id}`;
    const ask = (headers: Record<string, string> = {}) => till.world.ask(page, { headers });
    expect((await ask()).text).not.toContain("tpk_");
    expect((await ask({ "X-API-Key": body.api_key })).text).not.toContain("tpk_");
    expect((await ask(await signedInAs(till.world, wallet()))).text).not.toContain("tpk_");
    expect((await ask(await signedInAs(till.world, payer))).body.answer).toEqual(body);
  });

  it("is said to be revoked or rotated when it is, also to the payer", async () => {
    const payer = wallet();
    const headers = await signedInAs(till.world, payer);
    const signing = await till.signTopUp({ payer });
    const { body } = await till.send(signing);
    const key = `/api/v1/keys/${body.key_id}`;
    const rotated = await till.world.ask(`${key}/rotate`, { method: "POST", headers });
    expect(rotated.body.api_key).toMatch(KEY);
    const after = await till.send(signing, { headers });
    expect(after.body).toMatchObject({ api_key: null, key_status: "rotated" });
    await till.world.ask(key, { method: "DELETE", headers });
    const ended = await till.send(signing, { headers });
    expect(ended.body).toMatchObject({ api_key: null, key_status: "revoked" });
    expect(ended.text).not.toContain("tpk_");
  });
});

describe("a payment that somebody else carried to the chain", () => {
  it("buys neither key nor balance for who brings its header here, whatever a facilitator says of it", async () => {
    const { body: thief } = await till.topUp();
    for (const verdict of [undefined, { ok: true } as const]) {
      const payer = wallet();
      const signing = await till.signTopUp({ payer });
      till.facilitator.carry(signing.signed.authorization);
      till.facilitator.verdict = verdict;
      for (const headers of [{}, { "X-API-Key": thief.api_key }]) {
        const answer = await till.send(signing, { headers, more: naming(idOf()) });
        expect([answer.status, answer.body.error]).toEqual([409, "payment_settled"]);
        expect(answer.text).not.toContain("tpk_");
      }
      const stranger = await till.send(signing, { headers: await signedInAs(till.world, wallet()) });
      expect(stranger.status).toBe(403);
      till.facilitator.verdict = undefined;
      const owner = await till.send(signing, { headers: await signedInAs(till.world, payer) });
      expect([owner.status, owner.body.account.address]).toEqual([200, payer.address.toLowerCase()]);
      expect(owner.body.api_key).toMatch(KEY);
    }
  });

  it("buys nothing while our own node cannot be asked about it", async () => {
    const signing = await till.signTopUp();
    till.world.chain.isDown = true;
    const answer = await till.send(signing);
    till.world.chain.isDown = false;
    expect(answer.status).toBe(503);
    expect((await till.send(signing)).body.api_key).toMatch(KEY);
  });
});

async function ordersSettling(): Promise<number> {
  const { rows } = await till.world.server.deps.db.pool.query(
    "select count(*)::int as count from app.x402_order where state = 'settling'",
  );
  return rows[0].count;
}
