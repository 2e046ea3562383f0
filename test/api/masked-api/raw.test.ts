import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, type World } from "../../world.ts";
import { JSON_TEXT } from "../support/test-upstream.ts";

let world: World;
let apiId: string;
let session: string;
beforeAll(async () => {
  world = await createWorld();
  apiId = await world.sell({ p_api_url: `${world.upstream.url}/base?key=1`, p_valid_for_sec: 2_000_000 });
  session = await world.bought(apiId);
});
afterAll(() => world?.close());

const seen = () => {
  const { method, url, body } = world.upstream.seen.at(-1) ?? {};
  return { method, url, body };
};

describe("/api/<apiId> past the envelope", () => {
  it("?raw=1 gives the upstream's own answer, without the parameter", async () => {
    const jsonApi = await world.sell();
    const answer = await world.ask(`/api/${jsonApi}?a=1&raw=1&b=2`, { session: await world.bought(jsonApi) });
    expect([answer.status, answer.text]).toEqual([200, JSON_TEXT]);
    expect(seen().url).toBe("/json?a=1&b=2");
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.headers.get("x-ratelimit-remaining")).toMatch(/^\d+$/);
  });

  it.each(["raw=10", "draw=1", "raw=0", "x=raw=1"])("%s does not ask for the raw answer", async (query) => {
    const { body } = await world.ask(`/api/${apiId}?${query}`, { session });
    expect(body.code).toBe("successful");
    expect(seen().url).toBe(`/base?key=1&${query}`);
  });

  it("a path below goes below the upstream's, with query, method and body", async () => {
    const answer = await world.ask(`/api/${apiId}/cities/Bern?units=c`, {
      method: "POST",
      session,
      headers: { "Content-Type": "application/json" },
      body: '{"q":1}',
    });
    expect(answer.status).toBe(200);
    expect(seen()).toEqual({ method: "POST", url: "/base/cities/Bern?key=1&units=c", body: '{"q":1}' });
  });

  it.each(["POST", "PUT", "PATCH", "DELETE"])("%s on the API itself goes straight through", async (method) => {
    const answer = await world.ask(`/api/${apiId}`, { method, session, ...(method !== "DELETE" && { body: "x" }) });
    expect([answer.status, answer.text]).toEqual([200, '{"path":true}']);
    expect(seen().method).toBe(method);
  });

  it("HEAD is answered by the upstream's HEAD, and only when paid", async () => {
    expect((await world.ask(`/api/${apiId}`, { method: "HEAD", session })).status).toBe(200);
    expect(seen().method).toBe("HEAD");
  });

  it("takes an id in capitals, and the header in every spelling", async () => {
    const bare = session.slice(2);
    for (const header of [session, bare, `0x${session}`, bare.toUpperCase(), `0X${bare}`, ` ${session} `])
      expect((await world.ask(`/api/${apiId.toUpperCase()}`, { session: header })).status, header).toBe(200);
  });

  it("tells an upstream's fault as JSON with the same headers", async () => {
    world.upstream.answer((_, response) => response.destroy());
    const answer = await world.ask(`/api/${apiId}/x`, { session });
    world.upstream.answer(undefined);
    expect([answer.status, answer.body.code]).toEqual([502, "upstream_unreachable"]);
    expect(answer.body.message).toEqual(expect.any(String));
    expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("414 for an address that is too long", async () => {
    const answer = await world.ask(`/api/${apiId}?${"x".repeat(9_000)}`, { session });
    expect([answer.status, answer.body.code]).toEqual([414, "url_too_long"]);
  });

  it("429 over MASKED_RATE_LIMIT_PER_MIN, and no limit at 0", async () => {
    const limited = await world.sibling({ MASKED_RATE_LIMIT_PER_MIN: "1" });
    expect((await limited.ask(`/api/${apiId}`)).status).toBe(402);
    const refused = await limited.ask(`/api/${apiId}`);
    expect([refused.status, refused.body.code]).toEqual([429, "rate_limited"]);
    const unlimited = await world.sibling({ MASKED_RATE_LIMIT_PER_MIN: "0" });
    for (let calls = 0; calls < 5; calls++) expect((await unlimited.ask(`/api/${apiId}`)).status).toBe(402);
  });
});
