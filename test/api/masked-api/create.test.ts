import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, createWorld, creation, GATEWAY, JSON_TYPE, TOKEN, type World } from "../../world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());

const post = (body: unknown, headers: Record<string, string> = JSON_TYPE): Promise<Answer> =>
  world.ask("/api/402/apis", {
    method: "POST",
    headers,
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const withFields = (fields: Record<string, unknown>) => ({ ...creation(world), ...fields });

describe("POST /api/402/apis", () => {
  describe("200", () => {
    it("answers with an id whose URL asks for the price that was set", async () => {
      const { status, body } = await post(creation(world));
      expect(status).toBe(200);
      expect(body).toEqual({ apiId: expect.stringMatching(/^[0-9a-f-]{36}$/), url: `${world.url}/api/${body.apiId}` });
      const quote = await world.ask(`/api/${body.apiId}`);
      expect(quote.body.data).toMatchObject({ amount_wei: "100000000000000000", valid_for_sec: 300, name: "Weather" });
    });

    it("takes every optional field, and null for one that is not wanted", async () => {
      const optional = {
        p_name: null,
        p_description: "Weather, hourly",
        p_fee_bps_snapshot: 100,
        p_allowed_methods: ["GET", "POST"],
        p_upstream_headers: { "x-secret": "s3cret" },
      };
      const { status, body } = await post(withFields(optional));
      expect(status).toBe(200);
      const quote = await world.ask(`/api/${body.apiId}`);
      expect(quote.body.data).toMatchObject({ name: null, description: "Weather, hourly" });
    });

    it.each([
      ["an address in lower case", { p_merchant_wallet: "0x70997970c51812dc3a010c7d01b50e0d17dc79c8" }],
      ["an address in capitals", { p_merchant_wallet: "0x70997970C51812DC3A010C7D01B50E0D17DC79C8" }],
      ["an amount as a number", { p_amount_wei: 1000 }],
      ["a name in any script", { p_name: "天気 👩‍🔬 می‌خواهم", p_description: "हवा – “météo”" }],
      ["the largest amount", { p_amount_wei: (2n ** 256n - 1n).toString() }],
      ["the shortest session", { p_valid_for_sec: 1 }],
      ["the longest session", { p_valid_for_sec: 2_592_000 }],
      ["a field that is not ours", { note: "kept by nobody" }],
      ["content type with a charset", {}, { "Content-Type": "application/json; charset=utf-8" }],
    ])("accepts %s", async (_, fields, headers = JSON_TYPE) => {
      expect((await post(withFields(fields), headers)).status).toBe(200);
    });
  });

  describe("400 names the field", () => {
    const bad: [field: string, value: unknown][] = [
      ["p_merchant_wallet", "0x70997970c51812DC3A010C7D01B50E0D17DC79C8"],
      ["p_token_address", TOKEN.replace("B8d7", "b8d7")],
      ["p_name", 7],
      ["p_name", "x".repeat(201)],
      ["p_name", "a\0b"],
      ["p_name", "free \u202e0001"],
      ["p_name", "one line\u2028- two"],
      ["p_description", "Weather\u{e0070}\u{e0061}\u{e0079}"],
      ["p_description", "x".repeat(2001)],
      ["p_api_url", undefined],
      ["p_api_url", ""],
      ["p_api_url", "not a url"],
      ["p_api_url", "http://example.com/"],
      ["p_api_url", "https://10.0.0.1/"],
      ["p_api_url", "file:///etc/passwd"],
      ["p_api_url", "https://user:pass@example.com/"],
      ["p_api_url", `https://example.com/${"x".repeat(2050)}`],
      ["p_merchant_wallet", undefined],
      ["p_merchant_wallet", "0x1234"],
      ["p_merchant_wallet", `0x${"0".repeat(40)}`],
      ["p_merchant_wallet", GATEWAY],
      ["p_token_address", undefined],
      ["p_token_address", "AVAX"],
      ["p_token_address", GATEWAY],
      ["p_amount_wei", undefined],
      ["p_amount_wei", "0"],
      ["p_amount_wei", "-1"],
      ["p_amount_wei", "1.5"],
      ["p_amount_wei", "1e18"],
      ["p_amount_wei", 1e21],
      ["p_amount_wei", (2n ** 256n).toString()],
      ["p_valid_for_sec", undefined],
      ["p_valid_for_sec", 0],
      ["p_valid_for_sec", 2_592_001],
      ["p_valid_for_sec", 1.5],
      ["p_valid_for_sec", "300"],
      ["p_chain_id", undefined],
      ["p_chain_id", 1],
      ["p_chain_id", "43114"],
      ["p_fee_bps_snapshot", -1],
      ["p_fee_bps_snapshot", 1001],
      ["p_allowed_methods", []],
      ["p_allowed_methods", ["TRACE"]],
      ["p_allowed_methods", "GET"],
      ["p_upstream_headers", { host: "elsewhere" }],
      ["p_upstream_headers", { "x-a": 1 }],
      ["p_upstream_headers", { "x-a": "line\r\nbreak" }],
      ["p_allowed_method", ["GET"]],
    ];
    it.each(bad)("%s: %j", async (field, value) => {
      const { status, body } = await post(withFields({ [field]: value }));
      expect(status).toBe(400);
      expect(body).toMatchObject({ code: "invalid_field", data: { field } });
      expect(body.message).toContain(field);
    });

    it.each(["[]", "null", '"text"', "42"])("body: %s", async (text) => {
      const { status, body } = await post(text);
      expect(status).toBe(400);
      expect(body).toMatchObject({ code: "invalid_field", data: { field: "body" } });
    });

    it("refuses our own host as an upstream", async () => {
      const { status, body } = await post(withFields({ p_api_url: `${world.url}/healthz` }));
      expect([status, body.data.field]).toEqual([400, "p_api_url"]);
    });
  });

  it("400 for a body that is not JSON", async () => {
    const { status, body } = await post('{"p_name":');
    expect([status, body.code]).toEqual([400, "invalid_json"]);
  });

  it("413 for a body over the limit, with and without a length", async () => {
    const large = JSON.stringify(withFields({ note: "x".repeat(70_000) }));
    expect((await post(large)).status).toBe(413);
    const chunked = await fetch(`${world.url}/api/402/apis`, {
      method: "POST",
      headers: JSON_TYPE,
      body: new Blob([large]).stream(),
      duplex: "half",
    } as RequestInit);
    expect(chunked.status).toBe(413);
    expect(await chunked.json()).toMatchObject({ code: "body_too_large" });
  });

  it.each(["text/plain", "multipart/form-data; boundary=x", ""])("415 for content type %j", async (type) => {
    const { status, body } = await post(creation(world), { "Content-Type": type });
    expect([status, body.code]).toEqual([415, "unsupported_media_type"]);
  });

  it("429 after RATE_LIMIT_PER_MIN creations, and again open after the minute", async () => {
    const limited = await world.sibling({ RATE_LIMIT_PER_MIN: "2" });
    const create = () =>
      limited.ask("/api/402/apis", { method: "POST", headers: JSON_TYPE, body: JSON.stringify(creation(world)) });
    expect((await create()).headers.get("x-ratelimit-remaining")).toBe("1");
    expect((await create()).headers.get("x-ratelimit-remaining")).toBe("0");
    world.clock.advance(0.5);
    const refused = await create();
    expect([refused.status, refused.body.code]).toEqual([429, "rate_limited"]);
    expect(refused.headers.get("retry-after")).toBe("60");
    expect(refused.headers.get("x-ratelimit-remaining")).toBe("0");
    world.clock.advance(60);
    expect((await create()).status).toBe(200);
  });

  it("503 while a token cannot be asked for permit", async () => {
    world.chain.isDown = true;
    const refused = await post(withFields({ p_token_address: TOKEN }));
    world.chain.isDown = false;
    expect([refused.status, refused.body.code]).toEqual([503, "chain_unavailable"]);
    expect(refused.text).not.toContain("secret-key");
  });
});
