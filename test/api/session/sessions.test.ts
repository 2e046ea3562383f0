import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createWorld, type World } from "../../world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());

const quoteOf = async (apiId: string) => (await world.ask(`/api/${apiId}`)).body.data;
const flipped = (id: string, at: number) => id.slice(0, at) + (id[at] === "0" ? "1" : "0") + id.slice(at + 1);

describe("X-402-Session", () => {
  describe("issued and unpaid", () => {
    it("402 with the same quote, pending, and when to ask again", async () => {
      const apiId = await world.sell();
      const quote = await quoteOf(apiId);
      const poll = await world.ask(`/api/${apiId}`, { session: quote.session_id });
      expect(poll.status).toBe(402);
      expect(poll.body).toMatchObject({ code: "payment_required", data: quote });
      expect(poll.body.data.status).toBe("pending");
      expect(poll.headers.get("retry-after")).toBe("2");
    });

    it("stays good up to its last second, and then gives way to a fresh quote", async () => {
      const apiId = await world.sell();
      const quote = await quoteOf(apiId);
      world.clock.advance(900);
      const last = await world.ask(`/api/${apiId}`, { session: quote.session_id });
      expect(last.body.data.session_id).toBe(quote.session_id);
      world.clock.advance(1);
      const { body } = await world.ask(`/api/${apiId}`, { session: quote.session_id });
      expect(body.code).toBe("payment_required");
      expect(body.data.session_id).not.toBe(quote.session_id);
      expect(Date.parse(body.data.expires_at)).toBe(world.clock.nowMs() + 900_000);
    });

    it("is not given up before the index knows its last second, also while a request is held", async () => {
      const apiId = await world.sell();
      const quote = await quoteOf(apiId);
      const expirySec = world.clock.nowSec + 900;
      world.clock.advance(899);
      const held = world.ask(`/api/${apiId}`, { session: quote.session_id, headers: { Prefer: "wait=30" } });
      await vi.waitFor(() => expect(world.indexed.waiting).toBe(1));
      world.indexed.lagSec = 4;
      world.clock.advance(2);
      const looks = world.indexed.lookups;
      world.indexed.notify();
      await vi.waitFor(() => expect(world.indexed.lookups).toBeGreaterThanOrEqual(looks + 2));
      const poll = await world.ask(`/api/${apiId}`, { session: quote.session_id });
      expect([poll.body.data.session_id, poll.headers.get("retry-after")]).toEqual([quote.session_id, "2"]);
      world.pay(quote, { blockTime: expirySec });
      expect((await held).status).toBe(200);
      world.indexed.lagSec = 0;
    });

    it("keeps what came in part after its end: a fresh quote would ask for all of it again", async () => {
      const apiId = await world.sell();
      const quote = await quoteOf(apiId);
      world.pay(quote, { open: true, amount: 99_999_999_999_999_999n });
      world.clock.advance(901);
      const { body } = await world.ask(`/api/${apiId}`, { session: quote.session_id });
      expect(body.data.session_id).toBe(quote.session_id);
      expect(body.meta).toEqual({ received_wei: "99999999999999999" });
    });

    it("a payment mined in its last second counts, however late it is looked at", async () => {
      const apiId = await world.sell();
      const quote = await quoteOf(apiId);
      const expirySec = world.clock.nowSec + 900;
      world.clock.advance(1_100);
      expect((await world.ask(`/api/${apiId}`, { session: quote.session_id })).status).toBe(402);
      world.pay(quote, { blockTime: expirySec });
      const { body } = await world.ask(`/api/${apiId}`, { session: quote.session_id });
      expect(body.data.session.expires_at).toBe(new Date((expirySec + 300) * 1000).toISOString());
    });
  });

  describe("not ours", () => {
    it.each([
      ["another MAC", (id: string) => flipped(id, 65)],
      ["another salt", (id: string) => flipped(id, 20)],
      ["another expiry", (id: string) => flipped(id, 17)],
      ["random bytes", () => `0x00000000${randomBytes(28).toString("hex")}`],
      ["not hex", () => "not-a-session"],
      ["too short", (id: string) => id.slice(0, -2)],
      ["empty salt and MAC", () => `0x${"0".repeat(64)}`],
      ["two ids at once", (id: string) => `${id}, ${id}`],
    ])("402 with a fresh quote for %s, and never an echo", async (_, forge) => {
      const apiId = await world.sell();
      const quote = await quoteOf(apiId);
      world.pay(quote);
      const forged = forge(quote.session_id);
      const { status, body, text } = await world.ask(`/api/${apiId}`, { session: forged });
      expect([status, body.code]).toEqual([402, "payment_required"]);
      expect(text).not.toContain(forged);
      expect(body.data.session_id).not.toBe(quote.session_id);
    });

    it("402 for a session of another API, paid or not", async () => {
      const [one, other] = [await world.sell(), await world.sell()];
      const session = await world.bought(one);
      expect((await world.ask(`/api/${other}`, { session })).status).toBe(402);
      expect((await world.ask(`/api/${one}`, { session })).status).toBe(200);
      expect((await world.ask(`/api/${other}`, { session })).status).toBe(402);
    });

    it("402 for the payment id, which everybody sees on chain", async () => {
      const apiId = await world.sell();
      const quote = await quoteOf(apiId);
      world.pay(quote);
      const watcher = await world.ask(`/api/${apiId}`, { session: quote.payment_id });
      expect(watcher.status).toBe(402);
      expect(watcher.body.data.session_id).not.toBe(quote.payment_id);
      expect((await world.ask(`/api/${apiId}`, { session: quote.session_id })).status).toBe(200);
    });

    it("asks neither index nor database about an id with a bad MAC", async () => {
      const apiId = await world.sell();
      const quote = await quoteOf(apiId);
      const before = world.indexed.lookups;
      await world.ask(`/api/${apiId}`, { session: flipped(quote.session_id, 65) });
      expect(world.indexed.lookups).toBe(before);
    });
  });

  describe("paid", () => {
    it("lasts from the block of the payment for valid_for_sec, to the second", async () => {
      const apiId = await world.sell({ p_valid_for_sec: 100 });
      const quote = await quoteOf(apiId);
      world.pay(quote, { blockTime: world.clock.nowSec - 10 });
      const ask = () => world.ask(`/api/${apiId}`, { session: quote.session_id });
      expect((await ask()).body.data.session.expires_at).toBe(new Date(world.clock.nowMs() + 90_000).toISOString());
      world.clock.advance(89);
      expect((await ask()).status).toBe(200);
      world.clock.advance(1);
      expect((await ask()).body.code).toBe("session_expired");
    });

    it("402 session_expired carries a fresh quote, and what it follows", async () => {
      const apiId = await world.sell({ p_valid_for_sec: 60 });
      const session = await world.bought(apiId);
      expect((await world.ask(`/api/${apiId}`, { session })).status).toBe(200);
      const expiredAt = new Date(world.clock.nowMs() + 60_000).toISOString();
      world.clock.advance(61);
      const expired = await world.ask(`/api/${apiId}`, { session });
      expect(expired.status).toBe(402);
      expect(expired.body).toMatchObject({
        code: "session_expired",
        data: { status: "pending", calls: { native: { to: expect.any(String) } } },
        meta: { previous_session: session, expired_at: expiredAt },
      });
      const { session_id: fresh } = expired.body.data;
      expect(fresh).not.toBe(session);
      world.pay(expired.body.data);
      expect((await world.ask(`/api/${apiId}`, { session: fresh })).status).toBe(200);
    });

    it("is expired also when nobody looked while it lasted", async () => {
      const apiId = await world.sell({ p_valid_for_sec: 60 });
      const session = await world.bought(apiId);
      world.clock.advance(500);
      expect((await world.ask(`/api/${apiId}`, { session })).body.code).toBe("session_expired");
    });

    it("a payment to another merchant or of another token does not count", async () => {
      const apiId = await world.sell();
      const quote = await quoteOf(apiId);
      world.pay({ ...quote, merchant_wallet: `0x${"99".repeat(20)}` });
      world.pay({ ...quote, token_address: `0x${"88".repeat(20)}` });
      expect((await world.ask(`/api/${apiId}`, { session: quote.session_id })).status).toBe(402);
    });
  });

  describe("503 indexer_stale", () => {
    it("is told instead of unpaid, while what was unlocked before goes on", async () => {
      const apiId = await world.sell();
      const unlockedBefore = await world.bought(apiId);
      expect((await world.ask(`/api/${apiId}`, { session: unlockedBefore })).status).toBe(200);
      const quote = await quoteOf(apiId);
      world.indexed.stale = true;
      const poll = await world.ask(`/api/${apiId}`, { session: quote.session_id });
      const paid = await world.ask(`/api/${apiId}`, { session: unlockedBefore });
      world.indexed.stale = false;
      expect([poll.status, poll.body.code]).toEqual([503, "indexer_stale"]);
      expect(poll.headers.get("retry-after")).toBe("5");
      expect(paid.status).toBe(200);
    });

    it("is told instead of expired, while every payment that is known still unlocks", async () => {
      const apiId = await world.sell({ p_valid_for_sec: 60 });
      const [bound, open, over] = [await quoteOf(apiId), await quoteOf(apiId), await world.bought(apiId)];
      expect((await world.ask(`/api/${apiId}`, { session: over })).status).toBe(200);
      world.clock.advance(60);
      world.indexed.stale = true;
      world.pay(bound);
      world.pay(open, { open: true });
      const statuses = [];
      for (const session of [bound.session_id, open.session_id, over])
        statuses.push((await world.ask(`/api/${apiId}`, { session })).status);
      world.indexed.stale = false;
      expect(statuses).toEqual([200, 200, 503]);
    });
  });
});
