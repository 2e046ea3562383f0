import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Db } from "../../../api/db.ts";
import { createCallCounts } from "../../../api/products/masked-api/call-counts.ts";
import { createWorld, type World } from "../../world.ts";
import { TestClock } from "../support/test-clock.ts";
import { rounds } from "../x402/counter.ts";

let world: World;
let client: pg.Client;
beforeAll(async () => {
  world = await createWorld();
  client = new pg.Client(world.databaseUrl);
  await client.connect();
});
afterAll(async () => {
  await client?.end();
  await world?.close();
});

async function written(apiId: string): Promise<Record<string, number>> {
  const text = "select to_char(day, 'YYYY-MM-DD') as day, calls::int from app.api_calls where api_id = $1 order by day";
  const { rows } = await client.query<{ day: string; calls: number }>(text, [apiId]);
  return Object.fromEntries(rows.map(({ day, calls }) => [day, calls]));
}
const sum = async (apiId: string) => Object.values(await written(apiId)).reduce((all, calls) => all + calls, 0);

describe("paid calls", () => {
  it("are counted however they are made, and unpaid ones are not", async () => {
    const apiId = await world.sell();
    const session = await world.bought(apiId);
    const paid = [
      ["GET", ""],
      ["GET", "?raw=1"],
      ["GET", "/below"],
      ["POST", ""],
      ["HEAD", ""],
    ] as const;
    for (const [method, rest] of paid) await world.ask(`/api/${apiId}${rest}`, { method, session });
    for (const unpaid of [undefined, `0x${"0".repeat(64)}`])
      expect((await world.ask(`/api/${apiId}`, unpaid ? { session: unpaid } : {})).status).toBe(402);
    await rounds({ world }, () => sum(apiId)).toBe(paid.length);
    // A later round would add what was counted twice.
    await rounds({ world }, async () => world.clock.nowSec).toBeGreaterThan(world.clock.nowSec + 25);
    expect(await sum(apiId)).toBe(paid.length);
  });

  it("cost no query while their caller waits, and all processes' are added up", async () => {
    const apiId = await world.sell();
    const session = await world.bought(apiId);
    const sibling = await world.sibling();
    const call = (from: World) => from.ask(`/api/${apiId}`, { session });
    await Promise.all([call(world), call(sibling)]);
    const { pool } = world.server.deps.db;
    const original = pool.query;
    let queries = 0;
    pool.query = ((...args: unknown[]) => {
      queries++;
      return (original as (...all: unknown[]) => unknown).apply(pool, args);
    }) as typeof pool.query;
    await Promise.all(Array.from({ length: 50 }, () => call(world)));
    pool.query = original;
    expect(queries).toBe(0);
    await Promise.all(Array.from({ length: 30 }, () => call(sibling)));
    await rounds({ world }, () => sum(apiId)).toBe(82);
    await sibling.close();
    expect(await sum(apiId)).toBe(82);
  });

  it("are written down when the process is stopped", async () => {
    const apiId = await world.sell();
    const session = await world.bought(apiId);
    const sibling = await world.sibling();
    for (let calls = 0; calls < 3; calls++) await sibling.ask(`/api/${apiId}`, { session });
    expect(await sum(apiId)).toBe(0);
    await sibling.close();
    expect(await sum(apiId)).toBe(3);
  });
});

describe("what was counted", () => {
  const countsOf = (clock: TestClock, query: Db["pool"]["query"]) =>
    createCallCounts({ clock, db: { pool: { query } } as unknown as Db });
  const toDatabase = ((...args: Parameters<pg.Client["query"]>) => client.query(...args)) as Db["pool"]["query"];

  it("belongs to the day of the call, however late it is written", async () => {
    const clock = new TestClock("2026-05-31T23:59:59Z");
    const counts = countsOf(clock, toDatabase);
    const [one, other] = [randomUUID(), randomUUID()];
    for (const apiId of [one, one, other]) counts.count(apiId);
    clock.advance(1);
    counts.count(one);
    clock.advance(24 * 3600);
    counts.count(one);
    await counts.flush();
    await counts.flush();
    expect(await written(one)).toEqual({ "2026-05-31": 2, "2026-06-01": 1, "2026-06-02": 1 });
    expect(await written(other)).toEqual({ "2026-05-31": 1 });
  });

  it("stays for the next time when it cannot be written, and what came meanwhile joins it", async () => {
    let isAway = true;
    let rows = 0;
    const query = ((...args: Parameters<pg.Client["query"]>) => {
      rows = (args[0] as unknown as { values: [unknown[]] }).values[0].length;
      return isAway ? Promise.reject(new Error("away")) : client.query(...args);
    }) as Db["pool"]["query"];
    const counts = countsOf(new TestClock("2026-05-31T12:00:00Z"), query);
    const apiId = randomUUID();
    counts.count(apiId);
    await expect(counts.flush()).rejects.toThrow("away");
    counts.count(apiId);
    await expect(counts.flush()).rejects.toThrow("away");
    isAway = false;
    counts.count(apiId);
    await counts.flush();
    expect(await written(apiId)).toEqual({ "2026-05-31": 3 });
    // However long it was away, what is kept in memory does not grow with it.
    expect(rows).toBe(1);
  });

  it("asks nothing of the database when nothing was", async () => {
    const never = (() => {
      throw new Error("asked");
    }) as unknown as Db["pool"]["query"];
    await countsOf(new TestClock(), never).flush();
  });
});
