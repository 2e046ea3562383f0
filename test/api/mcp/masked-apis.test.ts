import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createWorld, creation, JSON_TYPE, type World } from "../../world.ts";
import { merchantWallet } from "../support/wallet.ts";
import { signedInAs } from "../x402/counter.ts";
import { callAt } from "./room.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());

const call = (args: object) => callAt(world)("call_masked_api", args);

describe("create_masked_api", () => {
  it("puts an API on sale, as HTTP does", async () => {
    const { isError, structuredContent } = await callAt(world)("create_masked_api", creation(world));
    expect(isError).toBeUndefined();
    const { apiId, url } = structuredContent;
    expect(url).toBe(`${world.url}/api/${apiId}`);
    expect((await world.ask(`/api/${apiId}`)).status).toBe(402);
  });

  it("names the field that is wrong, in the words of HTTP", async () => {
    const body = { ...creation(world), p_amount_wei: "-1" };
    const { isError, structuredContent } = await callAt(world)("create_masked_api", body);
    const http = await world.ask("/api/402/apis", { method: "POST", headers: JSON_TYPE, body: JSON.stringify(body) });
    expect([isError, structuredContent]).toEqual([true, http.body]);
    expect((await callAt(world)("create_masked_api")).structuredContent.code).toBe("invalid_field");
  });

  it("lists one for its merchant alone", async () => {
    const listed = { ...creation(world), p_merchant_wallet: merchantWallet.address, p_is_listed: true };
    expect((await callAt(world)("create_masked_api", listed)).structuredContent.code).toBe("unauthorized");
    const headers = await signedInAs(world, merchantWallet);
    const { structuredContent } = await callAt(world)("create_masked_api", listed, { headers });
    const { maskedApis } = (await callAt(world)("discovery")).structuredContent;
    expect(JSON.stringify(maskedApis)).toContain(structuredContent.apiId);
  });
});

describe("call_masked_api", () => {
  it("tells the price, and once it is paid on chain what lies behind it", async () => {
    const apiId = await world.sell();
    const asked = await call({ apiId });
    expect(asked.isError).toBe(true);
    const { code, data } = asked.structuredContent;
    expect([code, JSON.parse(asked.content[0]?.text ?? "")]).toEqual(["payment_required", asked.structuredContent]);
    expect(Object.keys(data)).toEqual(Object.keys((await world.ask(`/api/${apiId}`)).body.data));
    const paying = { apiId, session_id: data.session_id };
    const pending = await call(paying);
    expect(pending.structuredContent.data).toMatchObject({ session_id: data.session_id, status: "pending" });
    world.pay(data);
    const told = await call(paying);
    expect(told.isError).toBeUndefined();
    expect(told.structuredContent).toEqual((await world.ask(`/api/${apiId}`, { session: data.session_id })).body);
    expect(JSON.stringify(told)).not.toContain(world.upstream.host);
  });

  it("waits for the payment as long as it is told to", async () => {
    const apiId = await world.sell();
    const { data } = (await call({ apiId })).structuredContent;
    const answer = call({ apiId, session_id: data.session_id, wait_sec: 30 });
    await vi.waitFor(() => expect(world.indexed.waiting).toBe(1), { interval: 2 });
    world.pay(data);
    expect((await answer).structuredContent.code).toBe("successful");
  });

  it("passes the query on, and nothing of the call's headers", async () => {
    const apiId = await world.sell();
    const session_id = await world.bought(apiId);
    await call({ apiId, session_id, query: "city=Z%C3%BCrich" });
    const seen = world.upstream.seen.at(-1);
    expect(seen).toMatchObject({ method: "GET", url: "/json?city=Z%C3%BCrich", body: "" });
    expect(JSON.stringify(seen?.headers)).not.toMatch(/event-stream|content-|x-402/);
  });

  it("counts as a paid call", async () => {
    const apiId = await world.sell({ p_merchant_wallet: merchantWallet.address });
    const session_id = await world.bought(apiId);
    const counted = () =>
      world.server.deps.db.pool.query("select coalesce(sum(calls), 0)::int as n from app.api_calls where api_id = $1", [
        apiId,
      ]);
    await call({ apiId, session_id });
    await call({ apiId, session_id });
    await expect
      .poll(async () => {
        world.clock.advance(10);
        return (await counted()).rows[0].n;
      })
      .toBe(2);
  });

  it("says in a masked API's own words what is wrong", async () => {
    const apiId = await world.sell({ p_allowed_methods: ["POST"] });
    const codeOf = async (args: object) => (await call(args)).structuredContent.code;
    expect(await codeOf({ apiId })).toBe("method_not_allowed");
    expect(await codeOf({ apiId: "3f0f54f4-6b0d-4f6a-9d4b-0c5a9f3f9a11" })).toBe("not_found");
    expect(await codeOf({ apiId: "../operator" })).toBe("not_found");
    expect(await codeOf({})).toBe("not_found");
    for (const odd of [{ apiId: 5 }, { apiId, wait_sec: 31 }, { apiId, wait_sec: "5" }, { apiId, session_id: {} }])
      expect(await codeOf(odd)).toBe("invalid_field");
    for (const query of ["a b", "a\r\nX: y", "é", "a#b"]) expect(await codeOf({ apiId, query })).toBe("invalid_field");
    expect(await codeOf({ apiId, query: "a".repeat(9_000) })).toBe("url_too_long");
  });

  it("answers a made-up or foreign session with a price of its own", async () => {
    const [apiId, other] = [await world.sell(), await world.sell()];
    const foreign = await world.bought(other);
    for (const session_id of [foreign, `0x${"0".repeat(64)}`, "nonsense"]) {
      const { data } = (await call({ apiId, session_id })).structuredContent;
      expect(data.session_id).toMatch(/^0x[0-9a-f]{64}$/);
      expect(data.session_id).not.toBe(session_id);
    }
  });
});
