import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, TOKEN, type World } from "../../world.ts";
import { merchantWallet, signedIn, strangerWallet } from "../support/wallet.ts";

let world: World;
let merchant: Record<string, string>;
let stranger: Record<string, string>;
beforeAll(async () => {
  world = await createWorld();
  merchant = await signedIn(world, merchantWallet);
  stranger = await signedIn(world, strangerWallet);
});
afterAll(() => world?.close());

const manage = (
  method: string,
  path: string,
  { headers = merchant, body }: { headers?: Record<string, string>; body?: unknown } = {},
) => world.ask(`/api/402/apis${path}`, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
const quoteOf = async (apiId: string) => (await world.ask(`/api/${apiId}`)).body.data;

describe("GET /api/402/apis", () => {
  it("200 lists what the wallet sells, newest first, and nobody else's", async () => {
    const first = await world.sell();
    world.clock.advance(1);
    const second = await world.sell({ p_name: "Second" });
    await world.sell({ p_merchant_wallet: strangerWallet.address });
    const { status, body } = await manage("GET", "");
    expect(status).toBe(200);
    expect(body.data.map(({ apiId }: { apiId: string }) => apiId).slice(0, 2)).toEqual([second, first]);
    expect(body.meta.count).toBe(body.data.length);
    expect(JSON.stringify(body)).not.toContain(world.upstream.host);
    expect((await manage("GET", "", { headers: stranger })).body.data).toHaveLength(1);
    expect((await manage("GET", `?offset=${body.data.length}`)).body.data).toEqual([]);
  });

  it("400 names a bad offset", async () => {
    expect((await manage("GET", "?offset=-1")).body.data.field).toBe("offset");
  });
});

describe("who may", () => {
  it.each([
    ["GET", "", undefined],
    ["PATCH", "", { p_name: "x" }],
    ["DELETE", "", undefined],
    ["POST", "/pause", undefined],
    ["POST", "/resume", undefined],
    ["GET", "/earnings", undefined],
  ])("%s /:id%s: 401 without sign-in, 403 for a stranger, 404 for no API", async (method, path, body) => {
    const apiId = await world.sell();
    const status = async (id: string, headers: Record<string, string>) =>
      (await manage(method, `/${id}${path}`, { headers, body })).status;
    expect(await status(apiId, { "Content-Type": "application/json" })).toBe(401);
    expect(await status(apiId, stranger)).toBe(403);
    expect(await status("00000000-0000-4000-8000-000000000000", merchant)).toBe(404);
    expect(await status("no-id", merchant)).toBe(404);
    expect(await status(apiId, merchant)).toBe(200);
  });
});

describe("PATCH /api/402/apis/:id", () => {
  it("200 changes the named fields and no others", async () => {
    const apiId = await world.sell({ p_description: "Old", p_allowed_methods: ["GET"] });
    const { status, body } = await manage("PATCH", `/${apiId}`, { body: { p_amount_wei: "7", p_name: null } });
    expect(status).toBe(200);
    expect(body.data).toMatchObject({
      name: null,
      description: "Old",
      amount_wei: "7",
      allowed_methods: ["GET"],
      valid_for_sec: 300,
      version: 2,
    });
    expect(await quoteOf(apiId)).toMatchObject({ amount_wei: "7", name: null });
  });

  it("keeps a quote good for what it said, and its payer in", async () => {
    const apiId = await world.sell({ p_amount_wei: "100", p_valid_for_sec: 50 });
    const old = await quoteOf(apiId);
    await manage("PATCH", `/${apiId}`, { body: { p_amount_wei: "200", p_valid_for_sec: 5_000 } });
    const poll = await world.ask(`/api/${apiId}`, { session: old.session_id });
    expect(poll.body.data).toMatchObject({ session_id: old.session_id, payment_id: old.payment_id, amount_wei: "100" });
    world.pay(old);
    const { body } = await world.ask(`/api/${apiId}`, { session: old.session_id });
    expect(body.data.session.expires_at).toBe(new Date(world.clock.nowMs() + 50_000).toISOString());
    expect(body.data.api.amount_wei).toBe("200");
  });

  it("judges a late open payment by the price of its own time", async () => {
    const apiId = await world.sell({ p_amount_wei: "100" });
    const old = await quoteOf(apiId);
    world.clock.advance(901);
    await manage("PATCH", `/${apiId}`, { body: { p_amount_wei: "200" } });
    world.pay(old, { open: true, amount: 100n });
    expect((await world.ask(`/api/${apiId}`, { session: old.session_id })).status).toBe(402);
    world.pay(old, { open: true, amount: 100n });
    expect((await world.ask(`/api/${apiId}`, { session: old.session_id })).status).toBe(200);
  });

  it("moves to another upstream and token, sealed headers kept or replaced", async () => {
    const apiId = await world.sell({ p_upstream_headers: { "x-key": "one" } });
    const session = await world.bought(apiId);
    await manage("PATCH", `/${apiId}`, { body: { p_api_url: `${world.upstream.url}/text`, p_token_address: TOKEN } });
    expect((await world.ask(`/api/${apiId}`, { session })).body.data.upstream.body).toBe('plain "text"\n');
    expect(world.upstream.seen.at(-1)?.headers["x-key"]).toBe("one");
    expect(Object.keys((await quoteOf(apiId)).calls)).toEqual(["erc20_approve_then_pay"]);
    await manage("PATCH", `/${apiId}`, { body: { p_upstream_headers: null } });
    await world.ask(`/api/${apiId}`, { session });
    expect(world.upstream.seen.at(-1)?.headers["x-key"]).toBeUndefined();
  });

  it.each([
    ["p_api_url", "https://10.0.0.1/"],
    ["p_amount_wei", "0"],
    ["p_chain_id", 1],
    ["p_upstream_headers", { host: "x" }],
    ["p_nonsense", 1],
  ])("400 names %s", async (field, value) => {
    const apiId = await world.sell();
    const { status, body } = await manage("PATCH", `/${apiId}`, { body: { [field]: value } });
    expect([status, body.data.field]).toEqual([400, field]);
  });

  it("429 for more edits than a quote lasts for, until the quotes of the first have ended", async () => {
    const apiId = await world.sell();
    const edit = () => manage("PATCH", `/${apiId}`, { body: { p_name: "Again" } });
    for (let edits = 1; edits < 20; edits++) expect((await edit()).status).toBe(200);
    const refused = await edit();
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "900"]);
    world.clock.advance(900);
    expect((await edit()).status).toBe(200);
  });

  it("409 for one of two edits at the same time, and a version of its own for each that came through", async () => {
    const apiId = await world.sell();
    const edits = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        manage("PATCH", `/${apiId}`, { body: { p_amount_wei: String(index + 1) } }),
      ),
    );
    const statuses = edits.map(({ status }) => status);
    expect(statuses.every((status) => status === 200 || status === 409)).toBe(true);
    const { body } = await manage("GET", `/${apiId}`);
    expect(body.data.version).toBe(1 + statuses.filter((status) => status === 200).length);
  });
});

describe("POST /api/402/apis/:id/pause and /resume", () => {
  it("stops sales with 403 api_paused, keeps what was paid, and sells again", async () => {
    const apiId = await world.sell();
    const session = await world.bought(apiId);
    const pending = await quoteOf(apiId);
    expect((await manage("POST", `/${apiId}/pause`)).body.data.status).toBe("paused");
    const refused = await world.ask(`/api/${apiId}`);
    expect([refused.status, refused.body.code]).toEqual([403, "api_paused"]);
    const poll = await world.ask(`/api/${apiId}`, { session: pending.session_id });
    expect([poll.status, poll.body.data.session_id]).toEqual([402, pending.session_id]);
    expect(poll.headers.get("retry-after")).toBe("2");
    expect((await world.ask(`/api/${apiId}`, { session })).status).toBe(200);
    world.pay(pending);
    expect((await world.ask(`/api/${apiId}`, { session: pending.session_id })).status).toBe(200);
    expect((await manage("POST", `/${apiId}/resume`)).body.data.status).toBe("active");
    expect((await world.ask(`/api/${apiId}`)).status).toBe(402);
  });
});

describe("DELETE /api/402/apis/:id", () => {
  it("is final: 404 for callers and for the merchant", async () => {
    const apiId = await world.sell();
    expect((await manage("DELETE", `/${apiId}`)).body.data).toEqual({ id: apiId, apiId, status: "deleted" });
    for (const method of ["GET", "DELETE"]) expect((await world.ask(`/api/${apiId}`, { method })).status).toBe(404);
    expect((await world.ask(`/api/${apiId}`, { session: `0x${"0".repeat(64)}` })).status).toBe(404);
    expect((await manage("POST", `/${apiId}/resume`)).status).toBe(404);
    expect((await manage("GET", `/${apiId}`)).status).toBe(404);
  });

  it("leaves what was sold: paid sessions and quotes go on until they end, and are not prolonged", async () => {
    const apiId = await world.sell();
    const [session, pending] = [await world.bought(apiId), await quoteOf(apiId)];
    await manage("DELETE", `/${apiId}`);
    const ask = (id: string) => world.ask(`/api/${apiId}`, { session: id });
    expect((await ask(session)).status).toBe(200);
    expect((await ask(pending.session_id)).body.data.session_id).toBe(pending.session_id);
    world.pay(pending);
    expect((await ask(pending.session_id)).status).toBe(200);
    world.clock.advance(901);
    expect((await ask(session)).status).toBe(404);
    world.pay(pending, { open: true });
    expect((await ask(pending.session_id)).status).toBe(404);
  });
});

describe("GET /api/402/apis/:id/earnings", () => {
  it("sums what sessions brought in, per token", async () => {
    const apiId = await world.sell({ p_amount_wei: "100" });
    for (const open of [false, true, false]) {
      const quote = await quoteOf(apiId);
      world.pay(quote, { open });
      await world.ask(`/api/${apiId}`, { session: quote.session_id });
    }
    const { body } = await manage("GET", `/${apiId}/earnings`);
    expect(body.data.totals).toEqual([
      {
        token_address: `0x${"0".repeat(40)}`,
        merchant_wallet: merchantWallet.address,
        sessions: 3,
        payers: 1,
        gross_wei: "300",
      },
    ]);
    expect(body.data.recent).toHaveLength(3);
    expect(body.data.recent[0]).toMatchObject({ amount_wei: "100", binding: "bound", tx_hash: expect.any(String) });
  });
});
