import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API_KEYS } from "../../../api/limits.ts";
import { signedInAs } from "../x402/counter.ts";
import { wallet } from "../x402/payer.ts";
import { type Desk, KEY, KEYS, openDesk } from "./desk.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk?.world.close());

const MANAGING = { may_manage: true };

describe("POST /api/v1/keys", () => {
  it("tells a new key once, and what it may do", async () => {
    const { owner, body, signedIn } = await desk.make({ name: "shopper", cap_usd: 12.5 });
    expect(body).toEqual({
      success: true,
      api_key: expect.stringMatching(KEY),
      key_id: expect.any(String),
      prefix: body.api_key.slice(0, 10),
      name: "shopper",
      cap_usd: 12.5,
      spent_usd: 0,
      may_manage: false,
      account: { address: owner.address.toLowerCase(), network: "eip155:8453" },
      created_at: expect.any(String),
      rotated_at: null,
      last_used_at: null,
      revoked_at: null,
      message: expect.any(String),
    });
    const listed = await desk.ask(KEYS, { headers: signedIn });
    expect(listed.text).not.toContain(body.api_key);
    const { api_key, message, success, ...shown } = body;
    expect(listed.body).toMatchObject({ success: true, count: 1, keys: [shown] });
    expect(listed.headers.get("cache-control")).toBe("no-store");
  });

  it("makes a plain key for an empty object: no cap, no right to manage", async () => {
    expect((await desk.make()).body).toMatchObject({ name: "", cap_usd: null, may_manage: false });
  });

  it("is for a key that may manage as well, whose keys belong to the same account", async () => {
    const { key, body, signedIn } = await desk.make(MANAGING);
    const made = await desk.ask(KEYS, { method: "POST", body: { name: "for an agent", cap_usd: 1 }, headers: key });
    expect([made.status, made.body.account]).toEqual([200, body.account]);
    expect((await desk.ask(KEYS, { headers: signedIn })).body.count).toBe(2);
  });

  it.each([
    [{ name: 7 }, "name"],
    [{ name: "x".repeat(API_KEYS.nameChars + 1) }, "name"],
    [{ name: "a\0b" }, "name"],
    [{ name: "half \ud800" }, "name"],
    [{ cap_usd: 0 }, "cap_usd"],
    [{ cap_usd: -1 }, "cap_usd"],
    [{ cap_usd: 0.001 }, "cap_usd"],
    [{ cap_usd: 1e15 }, "cap_usd"],
    [{ cap_usd: "5" }, "cap_usd"],
    [{ may_manage: "yes" }, "may_manage"],
    [{ may_manage: true, cap_usd: 5 }, "may_manage"],
    [{ key_id: "mine" }, "key_id"],
    [{ revoked_at: null }, "revoked_at"],
    [[], "body"],
    ["x", "body"],
    [null, "body"],
  ])("is a 400 that names the field: %j", async (body, field) => {
    const headers = await signedInAs(desk.world, wallet());
    const answer = await desk.ask(KEYS, { method: "POST", body, headers });
    expect([answer.status, answer.body.error, answer.body.details]).toEqual([400, "invalid_field", { field }]);
    expect((await desk.ask(KEYS, { headers })).body.keys).toEqual([]);
  });

  it(`is a 409 beyond ${API_KEYS.perAccount} keys, also for many at once, until one is revoked`, async () => {
    const { signedIn, body } = await desk.make();
    const asking = Array.from({ length: API_KEYS.perAccount + 9 }, () =>
      desk.ask(KEYS, { method: "POST", body: {}, headers: signedIn }),
    );
    const statuses = (await Promise.all(asking)).map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array(API_KEYS.perAccount - 1).fill(200), ...Array(10).fill(409)]);
    await desk.ask(`${KEYS}/${body.key_id}`, { method: "DELETE", headers: signedIn });
    expect((await desk.ask(KEYS, { method: "POST", body: {}, headers: signedIn })).status).toBe(200);
  });
});

describe("GET /api/v1/keys", () => {
  it("is paged, the good ones first", async () => {
    const { signedIn, body } = await desk.make({ name: "first" });
    desk.world.clock.advance(1);
    await desk.ask(KEYS, { method: "POST", body: { name: "second" }, headers: signedIn });
    await desk.ask(`${KEYS}/${body.key_id}`, { method: "DELETE", headers: signedIn });
    const all = await desk.ask(KEYS, { headers: signedIn });
    expect(all.body.keys.map(({ name }: { name: string }) => name)).toEqual(["second", "first"]);
    const page = await desk.ask(`${KEYS}?limit=1&offset=1`, { headers: signedIn });
    expect(page.body).toMatchObject({ count: 1, limit: 1, offset: 1, keys: [{ name: "first" }] });
    expect((await desk.ask(`${KEYS}?limit=x`, { headers: signedIn })).body.details).toEqual({ field: "limit" });
  });

  it("notes the last use once a minute at most", async () => {
    const { key, signedIn, body } = await desk.make(MANAGING);
    const usedAt = async () => (await desk.ask(KEYS, { headers: signedIn })).body.keys[0].last_used_at;
    expect(await usedAt()).toBeNull();
    await desk.ask(KEYS, { headers: key });
    const first = await usedAt();
    expect(first).toBe(new Date(desk.world.clock.nowMs()).toISOString());
    const changes = `select xmin::text from app.api_key where key_id = '${body.key_id}'`;
    const { pool } = desk.world.server.deps.db;
    const before = (await pool.query(changes)).rows;
    desk.world.clock.advance(59);
    await desk.ask(KEYS, { headers: key });
    expect((await pool.query(changes)).rows).toEqual(before);
    desk.world.clock.advance(1);
    await desk.ask(KEYS, { headers: key });
    expect(await usedAt()).toBe(new Date(desk.world.clock.nowMs()).toISOString());
  });
});

describe("PATCH /api/v1/keys/:id", () => {
  it("changes name and cap, each by itself", async () => {
    const { signedIn, body } = await desk.make({ name: "old", cap_usd: 5 });
    const patch = (change: unknown) =>
      desk.ask(`${KEYS}/${body.key_id}`, { method: "PATCH", body: change, headers: signedIn });
    expect((await patch({ name: "new" })).body).toMatchObject({ name: "new", cap_usd: 5 });
    expect((await patch({ cap_usd: 0.01 })).body).toMatchObject({ name: "new", cap_usd: 0.01 });
    expect((await patch({ cap_usd: null })).body).toMatchObject({ name: "new", cap_usd: null });
    expect((await patch({})).body.details).toEqual({ field: "body" });
    expect((await patch({ may_manage: true })).body.details).toEqual({ field: "may_manage" });
  });

  it("gives no cap to a key that may manage", async () => {
    const { signedIn, body } = await desk.make(MANAGING);
    const headers = signedIn;
    const answer = await desk.ask(`${KEYS}/${body.key_id}`, { method: "PATCH", body: { cap_usd: 5 }, headers });
    expect([answer.status, answer.body.details]).toEqual([400, { field: "cap_usd" }]);
  });
});

describe("POST /api/v1/keys/:id/rotate", () => {
  it("gives a new key under the same id; the old one is good no more", async () => {
    const { key, body } = await desk.make(MANAGING);
    const rotated = await desk.ask(`${KEYS}/${body.key_id}/rotate`, { method: "POST", headers: key });
    expect(rotated.body).toMatchObject({ key_id: body.key_id, api_key: expect.stringMatching(KEY), may_manage: true });
    expect(rotated.body.api_key).not.toBe(body.api_key);
    expect((await desk.ask(KEYS, { headers: key })).body.error).toBe("invalid_api_key");
    expect((await desk.ask(KEYS, { headers: { "X-API-Key": rotated.body.api_key } })).body.count).toBe(1);
  });

  it("by the old key is done by one of many at once: nobody rotates what has been rotated away", async () => {
    const { key, body, signedIn } = await desk.make(MANAGING);
    const asking = Array.from({ length: 8 }, () =>
      desk.ask(`${KEYS}/${body.key_id}/rotate`, { method: "POST", headers: key }),
    );
    const answers = await Promise.all(asking);
    const done = answers.filter(({ status }) => status === 200);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(401)]);
    const good = { "X-API-Key": done[0]?.body.api_key };
    expect((await desk.ask(KEYS, { headers: good })).status).toBe(200);
    expect((await desk.ask(KEYS, { headers: signedIn })).body.count).toBe(1);
  });
});

describe("DELETE /api/v1/keys/:id", () => {
  it("revokes for good, and says so again", async () => {
    const { key, body, signedIn } = await desk.make(MANAGING);
    const path = `${KEYS}/${body.key_id}`;
    const ended = await desk.ask(path, { method: "DELETE", headers: signedIn });
    expect(ended.body.revoked_at).toBe(new Date(desk.world.clock.nowMs()).toISOString());
    expect((await desk.ask(KEYS, { headers: key })).status).toBe(401);
    desk.world.clock.advance(5);
    expect((await desk.ask(path, { method: "DELETE", headers: signedIn })).body).toEqual(ended.body);
    for (const asking of [
      { path, method: "PATCH", body: { name: "x" } },
      { path: `${path}/rotate`, method: "POST" },
    ])
      expect((await desk.ask(asking.path, { ...asking, headers: signedIn })).status).toBe(404);
  });
});
