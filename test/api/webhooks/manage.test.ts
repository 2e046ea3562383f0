import type { Address } from "viem";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { EVENT_TYPES } from "../../../api/events.ts";
import { freshKey } from "../../../api/identity/api-key.ts";
import { openAccount } from "../../../api/ledger.ts";
import { WEBHOOKS } from "../../../api/limits.ts";
import { merchantWallet, signedIn, strangerWallet } from "../support/wallet.ts";
import { createWebhookWorld, type WebhookWorld } from "./webhook-world.ts";

let world: WebhookWorld;
let theirs: Record<string, string>;
beforeAll(async () => {
  world = await createWebhookWorld();
  theirs = await signedIn(world, strangerWallet);
});
afterAll(() => world?.close());
beforeEach(() => world.reset());

const pool = () => world.server.deps.db.pool;

/** A key of an account, as its header. */
async function keyOf(address: Address, { chainId = 8453, mayManage = true } = {}): Promise<Record<string, string>> {
  const accountId = await openAccount(pool(), { address, chainId });
  const { key, hash, shown } = freshKey();
  await pool().query(
    `insert into app.api_key (key_id, account_id, hash, shown, name, may_manage, created_at)
     values (gen_random_uuid(), $1, $2, $3, 'test', $4, now())`,
    [accountId, hash, shown, mayManage],
  );
  return { "X-API-Key": key };
}

describe("POST /api/v1/webhooks", () => {
  it("200: a webhook, and its secret this once", async () => {
    const { status, body, headers } = await world.manage("POST", "", {
      body: { url: world.listener.url, types: ["order.received", "order.received"], description: "mine" },
    });
    const at = new Date(world.clock.nowMs()).toISOString();
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("no-store");
    const { secret, ...shown } = body;
    expect(shown).toEqual({
      success: true,
      webhook_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      url: world.listener.url,
      types: ["order.received"],
      description: "mine",
      state: "active",
      old_secret_until: null,
      created_at: at,
      updated_at: at,
    });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const { success, ...listed } = shown;
    expect((await world.manage("GET", "")).body).toEqual({ success: true, webhooks: [listed], count: 1 });
    expect((await world.manage("GET", `/${shown.webhook_id}`)).body).toEqual(shown);
  });

  it("keeps the secret sealed, and writes it into no log", async () => {
    const { secret } = await world.hook();
    const { rows } = await pool().query("select secret from app.webhook");
    expect(rows[0].secret.includes(Buffer.from(secret))).toBe(false);
    expect(world.logs.join()).not.toContain(secret);
    expect(world.logs.join()).not.toContain(secret.slice(6));
  });

  it.each([
    ["url", {}],
    ["url", { url: 7 }],
    ["url", { url: "" }],
    ["url", { url: "https://localhost/x" }],
    ["url", { url: `https://example.com/${"x".repeat(WEBHOOKS.urlChars)}` }],
    ["url", { url: "http://example.com/" }],
    ["url", { url: "https://user:pass@example.com/" }],
    ["types", { types: [] }],
    ["types", { types: ["ping"] }],
    ["types", { types: "order.received" }],
    ["description", { description: "x".repeat(WEBHOOKS.descriptionChars + 1) }],
    ["description", { description: "\u0000" }],
    ["secret", { secret: "mine" }],
    ["body", []],
    ["body", null],
  ])("400 that names %s: %j", async (field, given) => {
    const isObject = given !== null && !Array.isArray(given);
    const isWhole = isObject && field !== "url";
    const body = isWhole ? { url: world.listener.url, ...given } : given;
    const answer = await world.manage("POST", "", { body });
    expect([answer.status, answer.body.error, answer.body.details.field]).toEqual([400, "invalid_field", field]);
  });

  it("409 for one too many, of several at once too", async () => {
    const body = { url: world.listener.url };
    const calls = Array.from({ length: WEBHOOKS.perOwner + 3 }, () => world.manage("POST", "", { body }));
    const statuses = (await Promise.all(calls)).map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array(WEBHOOKS.perOwner).fill(200), 409, 409, 409]);
    expect((await world.manage("POST", "", { body, headers: theirs })).status).toBe(200);
  });

  it("401 without credentials, or with those of nobody", async () => {
    const body = { url: world.listener.url };
    for (const headers of [{}, { Authorization: `Bearer ${"x".repeat(43)}` }, { "X-API-Key": `tpk_${"x".repeat(43)}` }])
      expect((await world.manage("POST", "", { body, headers })).status).toBe(401);
  });
});

describe("an API key", () => {
  it("that may manage does so, for its account's chain; 403 for another", async () => {
    const headers = await keyOf(merchantWallet.address);
    const { body } = await world.manage("POST", "", { body: { url: world.listener.url }, headers });
    await world.hook();
    expect((await world.manage("GET", "", { headers })).body.webhooks).toMatchObject([{ webhook_id: body.webhook_id }]);
    expect((await world.manage("GET", "")).body.count).toBe(2);
    await world.happen({ owner: { address: merchantWallet.address, chainId: 43114 } });
    expect(await world.log(body)).toEqual([]);
    await world.happen({ owner: { address: merchantWallet.address, chainId: 8453 } });
    expect(await world.log(body)).toHaveLength(1);

    const capped = await keyOf(merchantWallet.address, { mayManage: false });
    const answer = await world.manage("GET", "", { headers: capped });
    expect([answer.status, answer.body.error]).toEqual([403, "key_may_not"]);
  });
});

describe("PATCH /api/v1/webhooks/:id", () => {
  it("200: changes what is named and leaves the rest", async () => {
    const hook = await world.hook({ types: ["order.received"], description: "one" });
    const edit = async (body: unknown) => (await world.manage("PATCH", `/${hook.webhook_id}`, { body })).body;
    expect(await edit({ url: world.other.url })).toMatchObject({ url: world.other.url, types: ["order.received"] });
    expect(await edit({ types: null })).toMatchObject({ url: world.other.url, types: null, description: "one" });
    expect(await edit({ types: ["session.unlocked"] })).toMatchObject({ types: ["session.unlocked"] });
    expect(await edit({ description: null })).toMatchObject({ description: null, state: "active" });
    expect(await edit({ paused: true })).toMatchObject({ state: "paused" });
    expect(await edit({ description: "two" })).toMatchObject({ state: "paused", types: ["session.unlocked"] });
    expect(await edit({ paused: false })).toMatchObject({ state: "active" });
  });

  it("takes what waits along to the new URL", async () => {
    const hook = await world.hook();
    await world.happen();
    await world.manage("PATCH", `/${hook.webhook_id}`, { body: { url: world.other.url } });
    world.pass();
    await world.log(hook, ([one]) => one.state === "delivered");
    expect([world.listener.told.length, world.other.told.length]).toEqual([0, 1]);
  });

  it.each([
    ["body", {}],
    ["url", { url: "https://10.0.0.1/" }],
    ["paused", { paused: "yes" }],
    ["state", { state: "active" }],
  ])("400 that names %s: %j", async (field, body) => {
    const { webhook_id } = await world.hook();
    const answer = await world.manage("PATCH", `/${webhook_id}`, { body });
    expect([answer.status, answer.body.details.field]).toEqual([400, field]);
  });
});

describe("DELETE /api/v1/webhooks/:id", () => {
  it("200, and nothing of it is left; 404 after that", async () => {
    const hook = await world.hook();
    await world.happen();
    expect((await world.manage("DELETE", `/${hook.webhook_id}`)).status).toBe(200);
    expect((await world.manage("GET", "")).body.count).toBe(0);
    expect((await pool().query("select from app.webhook_delivery")).rowCount).toBe(0);
    expect((await world.manage("DELETE", `/${hook.webhook_id}`)).status).toBe(404);
  });
});

describe("POST /api/v1/webhooks/:id/test", () => {
  it("200: sends a ping, whatever the webhook wants", async () => {
    const hook = await world.hook({ types: ["order.refunded"] });
    const { body } = await world.manage("POST", `/${hook.webhook_id}/test`);
    expect(body).toMatchObject({ success: true, type: "ping", state: "waiting", attempts: 0 });
    world.pass();
    const [told] = await world.listener.heard(1);
    expect(JSON.parse(told?.body ?? "")).toMatchObject({ type: "ping", data: { webhook_id: hook.webhook_id } });
  });
});

describe("GET /api/v1/webhooks/:id/deliveries", () => {
  it("200: newest first, in pages, of the answer only its status", async () => {
    const hook = await world.hook();
    for (const type of EVENT_TYPES) {
      await world.happen({ type, at: new Date(world.clock.nowMs()) });
      world.clock.advance(1);
    }
    const log = await world.log(hook, (all) => all.every(({ state }) => state === "delivered"));
    expect(log.map(({ type }) => type)).toEqual(EVENT_TYPES.toReversed());
    expect(Object.keys(log[0]).sort()).toEqual([
      ...["attempts", "created_at", "delivery_id", "ended_at", "event_id", "last_status"],
      ...["next_attempt_at", "state", "type"],
    ]);
    const { body } = await world.manage("GET", `/${hook.webhook_id}/deliveries?limit=2&offset=1`);
    expect(body).toEqual({ success: true, deliveries: log.slice(1, 3), count: 2, limit: 2, offset: 1 });
    expect((await world.manage("GET", `/${hook.webhook_id}/deliveries?limit=x`)).status).toBe(400);
  });
});

describe("another wallet", () => {
  it("sees and changes nothing: 404, as for what is not there", async () => {
    const hook = await world.hook();
    await world.happen();
    const [delivery] = await world.log(hook);
    const key = await keyOf(strangerWallet.address);
    const foreign = `/${hook.webhook_id}`;
    for (const headers of [theirs, key]) {
      expect((await world.manage("GET", "", { headers })).body.count).toBe(0);
      for (const id of [foreign, "/00000000-0000-4000-8000-000000000000", "/nonsense"]) {
        const answers = await Promise.all([
          ...["", "/deliveries"].map((path) => world.manage("GET", id + path, { headers })),
          ...["/rotate-secret", "/test", `/deliveries/${delivery.delivery_id}/replay`].map((path) =>
            world.manage("POST", id + path, { headers }),
          ),
          world.manage("PATCH", id, { headers, body: { paused: true } }),
          world.manage("DELETE", id, { headers }),
        ]);
        expect(answers.map(({ status }) => status)).toEqual(Array(7).fill(404));
      }
    }
    expect((await world.manage("GET", foreign)).body).toMatchObject({ state: "active", old_secret_until: null });
  });

  it("replays no delivery of another webhook through its own", async () => {
    const hook = await world.hook();
    await world.happen();
    const [delivery] = await world.log(hook);
    const own = await world.manage("POST", "", { body: { url: world.other.url }, headers: theirs });
    const path = `/${own.body.webhook_id}/deliveries/${delivery.delivery_id}/replay`;
    expect((await world.manage("POST", path, { headers: theirs })).status).toBe(404);
  });
});
