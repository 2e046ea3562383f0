import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Counter, inTime, openCounter, signedInAs } from "./counter.ts";
import { naming, wallet } from "./payer.ts";
import { KEY, SECOND } from "./sales.ts";

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter();
});
afterAll(() => counter?.world.close());

describe("T17: a header that was put together from the chain", () => {
  it("tells no secret, but that there is one", async () => {
    const before = counter.sales.effects.length;
    const payer = wallet();
    const paying = await counter.sign({ payer }, KEY);
    const bought = await counter.pay(paying, { path: KEY });
    expect(bought.body.api_key).toMatch(/^secret-of-/);
    counter.world.clock.advance(61);
    const told = await counter.pay(paying, { path: KEY });
    expect(told.text).not.toContain("secret-of-");
    expect(told.body).toMatchObject({ success: true, plan: "basic", withheld: ["api_key"] });
    const owner = await counter.pay(paying, { path: KEY, headers: await signedInAs(counter.world, payer) });
    expect(owner.body).toEqual(bought.body);
    const stranger = await counter.pay(paying, { path: KEY, headers: await signedInAs(counter.world, wallet()) });
    expect(stranger.text).not.toContain("secret-of-");
    expect(counter.sales.effects.length - before).toBe(1);
  });

  it("with another signature than the payer's tells nothing at all, whatever the order is like", async () => {
    const paying = await counter.sign({}, KEY);
    const forged = { ...paying, signed: { ...paying.signed, signature: `0x${"11".repeat(65)}` as const } };
    await counter.pay(paying, { path: KEY });
    for (const how of [{ path: KEY }, { path: KEY, body: { name: "bob" } }, { path: SECOND }]) {
      const told = await counter.pay(forged, how);
      expect([told.status, told.body.error, told.body.details]).toEqual([
        402,
        "payment_invalid",
        { reason: "invalid_signature" },
      ]);
      expect(told.headers.get("payment-response")).toBeNull();
    }
  });

  it("is the client's own for a minute: who lost an answer gets it again, also by 20 copies at once", async () => {
    const paying = await counter.sign({}, KEY);
    const asking = Array.from({ length: 20 }, () => counter.pay(paying, { path: KEY }));
    const answers = await inTime(counter, asking);
    counter.world.clock.advance(59);
    const last = await counter.pay(paying, { path: KEY });
    const texts = new Set([...answers, last].map(({ text }) => text));
    expect([texts.size, last.status, [...texts][0]]).toEqual([1, 200, expect.stringContaining("secret-of-")]);
  });

  it("tells it to the client that named the purchase, and to no other name", async () => {
    const more = naming(`purchase-${crypto.randomUUID()}`);
    const paying = await counter.sign({}, KEY);
    const bought = await counter.pay(paying, { path: KEY, more });
    expect((await counter.pay(paying, { path: KEY, more })).body).toEqual(bought.body);
    counter.world.clock.advance(61);
    const guess = naming(`purchase-${crypto.randomUUID()}`);
    expect((await counter.pay(paying, { path: KEY, more: guess })).text).not.toContain("secret-of-");
    const { rows } = await counter.world.server.deps.db.pool.query("select * from app.x402_order");
    expect(JSON.stringify(rows)).not.toContain(more.extensions["payment-identifier"].info.id);
  });
});
