import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createWorld, type World } from "../../world.ts";
import { startFreezingProxy } from "../support/freezing-proxy.ts";
import { merchantWallet, signedIn } from "../support/wallet.ts";

let world: World;
let other: World;
beforeAll(async () => {
  world = await createWorld();
  other = await world.sibling();
});
afterAll(() => world?.close());

const quoteOf = async (apiId: string, at = world) => (await at.ask(`/api/${apiId}`)).body.data;

/** A process hears of its own writes, too, and forgets; what was announced before this has then arrived. */
function newsHeard(at = world): Promise<void> {
  const { db, changes } = at.server.deps;
  return new Promise((resolve, reject) => {
    changes.on((what) => what === "mark" && resolve());
    db.announce(db.pool, "mark").catch(reject);
  });
}

describe("two API processes on one database", () => {
  it("sell what the other created, and unlock what the other quoted", async () => {
    const apiId = await world.sell();
    const quote = await quoteOf(apiId);
    const poll = await other.ask(`/api/${apiId}`, { session: quote.session_id });
    expect(poll.body.data.session_id).toBe(quote.session_id);
    world.pay(quote);
    const answers = await Promise.all(
      [world, other].map((at) => at.ask(`/api/${apiId}`, { session: quote.session_id })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[0]?.body.data.session.id).toBe(answers[1]?.body.data.session.id);
  });

  it("draw salts from words of their own", async () => {
    const apiId = await world.sell();
    const words = await Promise.all(
      [world, other].map(async (at) => (await quoteOf(apiId, at)).payment_id.slice(10, 24)),
    );
    expect(words[0]).not.toBe(words[1]);
  });

  it("hear of edits, also of an API that the other did not know yet", async () => {
    const apiId = await world.sell();
    expect((await quoteOf(apiId, other)).amount_wei).toBe("100000000000000000");
    const headers = await signedIn(world, merchantWallet);
    await world.ask(`/api/402/apis/${apiId}`, { method: "PATCH", headers, body: '{"p_amount_wei":"9"}' });
    expect((await quoteOf(apiId)).amount_wei).toBe("9");
    await vi.waitFor(async () => expect((await quoteOf(apiId, other)).amount_wei).toBe("9"));
    await world.ask(`/api/402/apis/${apiId}`, { method: "DELETE", headers });
    await vi.waitFor(async () => expect((await other.ask(`/api/${apiId}`)).status).toBe(404));
  });

  it("trust no cache while notifications are cut, and hear again after", async () => {
    const apiId = await world.sell();
    const { changes } = other.server.deps;
    const client = new pg.Client(world.databaseUrl);
    await client.connect();
    await quoteOf(apiId, other);
    await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen turnpike_app' and datname = current_database()",
    );
    await vi.waitFor(() => expect(changes.live).toBe(false), { interval: 1 });
    const headers = await signedIn(world, merchantWallet);
    await world.ask(`/api/402/apis/${apiId}`, { method: "PATCH", headers, body: '{"p_amount_wei":"8"}' });
    expect((await quoteOf(apiId, other)).amount_wei).toBe("8");
    await vi.waitFor(() => expect(changes.live).toBe(true));
    await client.end();
  });
});

describe("a process that hears nothing and is not told so", () => {
  it("goes on with old terms, or a deleted API, for half a minute at most", async () => {
    const proxy = await startFreezingProxy(world.databaseUrl);
    const deaf = await world.sibling({ DATABASE_URL: proxy.databaseUrl });
    const [edited, deleted] = [await world.sell(), await world.sell()];
    await newsHeard(deaf);
    for (const apiId of [edited, deleted]) expect((await deaf.ask(`/api/${apiId}`)).status).toBe(402);
    proxy.freeze("listen ");
    const headers = await signedIn(world, merchantWallet);
    await world.ask(`/api/402/apis/${edited}`, { method: "PATCH", headers, body: '{"p_amount_wei":"7"}' });
    await world.ask(`/api/402/apis/${deleted}`, { method: "DELETE", headers });
    world.clock.advance(29);
    const old = await quoteOf(edited, deaf);
    world.clock.advance(1);
    expect([old.amount_wei, (await quoteOf(edited, deaf)).amount_wei]).toEqual(["100000000000000000", "7"]);
    expect((await deaf.ask(`/api/${deleted}`)).status).toBe(404);
    world.pay(old);
    expect((await world.ask(`/api/${edited}`, { session: old.session_id })).status).toBe(200);
    await deaf.server.stop();
    await proxy.close();
  });
});

describe("ids that nobody has", () => {
  it("are asked for once, until somebody creates something", async () => {
    const query = vi.spyOn(other.server.deps.db.pool, "query");
    const path = "/api/00000000-0000-4000-8000-00000000abcd";
    for (let calls = 0; calls < 5; calls++) expect((await other.ask(path)).status).toBe(404);
    expect(query).toHaveBeenCalledTimes(1);
    query.mockRestore();
  });
});

describe("what a 402 costs the database", () => {
  /** Everything that any backend did in this database so far; the statistics of idle ones are flushed by the query. */
  async function work(): Promise<Record<string, number>> {
    const client = new pg.Client(world.databaseUrl);
    await client.connect();
    const { rows } = await client.query(
      `select sum(n_tup_ins + n_tup_upd + n_tup_del)::int as writes, sum(seq_scan + coalesce(idx_scan, 0))::int as reads
       from pg_stat_user_tables where schemaname = 'app'`,
    );
    await client.end();
    return rows[0];
  }

  it("is nothing when the terms are cached: no query leaves the process", async () => {
    const apiId = await world.sell();
    await newsHeard();
    await quoteOf(apiId);
    const query = vi.spyOn(world.server.deps.db.pool, "query");
    const connect = vi.spyOn(world.server.deps.db.pool, "connect");
    for (let calls = 0; calls < 50; calls++) expect((await world.ask(`/api/${apiId}`)).status).toBe(402);
    await world.ask(`/api/${apiId}`, { session: `0x00000000${"ab".repeat(28)}` });
    expect(query).not.toHaveBeenCalled();
    expect(connect).not.toHaveBeenCalled();
    query.mockRestore();
    connect.mockRestore();
  });

  it("is no write for quotes and polls, also when the process has just started", async () => {
    const apiId = await world.sell();
    const fresh = await world.sibling();
    const before = await work();
    const quote = await quoteOf(apiId, fresh);
    for (let calls = 0; calls < 20; calls++) {
      await quoteOf(apiId, fresh);
      await fresh.ask(`/api/${apiId}`, { session: quote.session_id });
    }
    await fresh.server.stop();
    const after = await vi.waitFor(async () => {
      const now = await work();
      expect(now.reads).toBeGreaterThan(before.reads ?? 0);
      return now;
    });
    expect(after.writes).toBe(before.writes);
    expect(quote.session_id).toMatch(/^0x/);
  });
});

describe("grants", () => {
  it("are one per session, whoever unlocks it first", async () => {
    const apiId = await world.sell();
    const quote = await quoteOf(apiId);
    world.pay(quote);
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, call) =>
        (call % 2 ? world : other).ask(`/api/${apiId}`, { session: quote.session_id }),
      ),
    );
    expect(new Set(answers.map(({ body }) => body.data.session.id)).size).toBe(1);
    const { rows } = await world.server.deps.db.pool.query("select * from app.session_grant where api_id = $1", [
      apiId,
    ]);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ payment_id: quote.payment_id, binding: "bound", version: 1 });
    expect(JSON.stringify(rows)).not.toContain(quote.session_id.slice(2));
  });

  it("keep unlocking in a new process while the index is rebuilt from nothing", async () => {
    const apiId = await world.sell();
    const session = await world.bought(apiId);
    expect((await world.ask(`/api/${apiId}`, { session })).status).toBe(200);
    world.indexed.forget();
    world.indexed.stale = true;
    const fresh = await world.sibling();
    const answer = await fresh.ask(`/api/${apiId}`, { session });
    world.indexed.stale = false;
    world.clock.advance(301);
    const over = await fresh.ask(`/api/${apiId}`, { session });
    expect(answer.status).toBe(200);
    expect(over.body.code).toBe("session_expired");
  });
});
