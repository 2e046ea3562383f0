import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { tidy } from "../../api/worker.ts";
import { createWorld, type World } from "../world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterEach(async () => {
  Object.assign(world.chain, { feeBps: 100, pending: undefined, isDown: false });
  await world.server.deps.fees.refresh();
});
afterAll(() => world?.close());

const quoteOf = async (apiId: string, at = world) => (await at.ask(`/api/${apiId}`)).body.data;
const validSec = ({ expires_at }: { expires_at: string }) => (Date.parse(expires_at) - world.clock.nowMs()) / 1000;

describe("the gateway's fee in a quote", () => {
  it("is the one in force, whatever the merchant noted", async () => {
    const apiId = await world.sell({ p_fee_bps_snapshot: 777 });
    expect((await quoteOf(apiId)).fee_bps).toBe(100);
    world.chain.feeBps = 50;
    await tidy(world.server.deps);
    const quote = await quoteOf(apiId);
    expect(quote.fee_bps).toBe(50);
    world.pay(quote);
    const { body } = await world.ask(`/api/${apiId}`, { session: quote.session_id });
    expect(body.data.api.fee_bps).toBe(777);
  });

  it("may change while quotes are out: they are still recognised, here and in another process", async () => {
    const apiId = await world.sell();
    const old = await quoteOf(apiId);
    const other = await world.sibling();
    world.chain.feeBps = 51;
    await world.server.deps.fees.refresh();
    const fresh = await quoteOf(apiId);
    expect(fresh.fee_bps).toBe(51);
    await vi.waitFor(() => expect(other.server.deps.fees.known()).toContain(51));
    for (const quote of [old, fresh]) {
      world.pay(quote);
      expect((await other.ask(`/api/${apiId}`, { session: quote.session_id })).status).toBe(200);
    }
  });

  it("is quoted no longer than the gateway takes it when a rise is due", async () => {
    const apiId = await world.sell();
    world.chain.pending = { feeBps: 300, effectiveAt: world.clock.nowSec + 400 };
    await world.server.deps.fees.refresh();
    const before = await quoteOf(apiId);
    expect([before.fee_bps, validSec(before)]).toEqual([100, 399]);
    world.clock.advance(371);
    const late = await quoteOf(apiId);
    expect([late.fee_bps, validSec(late)]).toEqual([100, 28]);
    world.clock.advance(25);
    const near = await quoteOf(apiId);
    expect([near.fee_bps, validSec(near)]).toEqual([300, 900]);
    world.clock.advance(4);
    expect((await quoteOf(apiId)).fee_bps).toBe(300);
    const poll = await world.ask(`/api/${apiId}`, { session: near.session_id });
    expect(poll.body.data.payment_id).toBe(near.payment_id);
  });

  it("gives way to a fresh quote when it was cut, once the index knows that the old one was not paid", async () => {
    const apiId = await world.sell();
    const [old, paid, inPart] = [await quoteOf(apiId), await quoteOf(apiId), await quoteOf(apiId)];
    world.pay(inPart, { open: true, amount: 1n });
    world.chain.feeBps = 10;
    await world.server.deps.fees.refresh();
    const poll = async ({ session_id: session }: { session_id: string }) =>
      (await world.ask(`/api/${apiId}`, { session })).body.data;
    expect((await poll(old)).payment_id).toBe(old.payment_id);
    world.pay(paid);
    world.clock.advance(1);
    const fresh = await poll(old);
    expect([fresh.fee_bps, fresh.payment_id === old.payment_id]).toEqual([10, false]);
    expect((await poll(fresh)).payment_id).toBe(fresh.payment_id);
    expect((await poll(inPart)).session_id).toBe(inPart.session_id);
    expect((await poll(paid)).session.binding).toBe("bound");
  });

  it("is the last one on record while no node answers", async () => {
    const apiId = await world.sell();
    world.chain.isDown = true;
    const started = await world.sibling();
    expect((await quoteOf(apiId, started)).fee_bps).toBe(world.server.deps.fees.known()[0]);
  });

  it("starts without a node from the fee that was in force last, not from one that came first or is only due", async () => {
    const apiId = await world.sell();
    for (const feeBps of [100, 10, 100]) {
      Object.assign(world.chain, { feeBps });
      world.clock.advance(1);
      await world.server.deps.fees.refresh();
    }
    world.clock.advance(1);
    world.chain.pending = { feeBps: 400, effectiveAt: world.clock.nowSec + 5_000 };
    await world.server.deps.fees.refresh();
    world.chain.isDown = true;
    expect((await quoteOf(apiId, await world.sibling())).fee_bps).toBe(100);
  });

  it("503 while none was ever read", async () => {
    const lonely = await createWorld();
    try {
      const apiId = await lonely.sell();
      await lonely.server.deps.db.pool.query("delete from app.gateway_fee");
      lonely.chain.isDown = true;
      const started = await lonely.sibling();
      const answer = await started.ask(`/api/${apiId}`);
      expect([answer.status, answer.body.code]).toEqual([503, "chain_unavailable"]);
      lonely.chain.isDown = false;
      lonely.clock.advance(1);
      await vi.waitFor(async () => expect((await started.ask(`/api/${apiId}`)).status).toBe(402));
    } finally {
      await lonely.close();
    }
  });
});
