import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, creation, type World } from "../world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());

/** Sends bytes as they are and reads until the server hangs up. */
function raw(bytes: string, url = world.url): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(bytes));
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

describe("what is hardly HTTP", () => {
  it.each([
    ["no request at all", "hello\r\n\r\n", "400 Bad Request"],
    ["headers over the limit", `GET / HTTP/1.1\r\nHost: x\r\nX-A: ${"a".repeat(20_000)}\r\n\r\n`, "431"],
    ["a missing host", "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", "400"],
    ["a host that is none", "GET /healthz HTTP/1.1\r\nHost: a b@c/\r\nConnection: close\r\n\r\n", "400"],
    [
      "a length and chunks",
      "POST /api/402/apis HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
      "400",
    ],
    ["a body of no known coding", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: zip\r\n\r\n", "400"],
    ["no host for a masked API", `GET /api/${"0".repeat(8)} HTTP/1.1\r\nConnection: close\r\n\r\n`, "400"],
    ["an odd expectation", "GET /nothing HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nConnection: close\r\n\r\n", "404"],
  ])("%s gets a 4xx, with the headers that every answer has", async (_, bytes, status) => {
    const answer = await raw(bytes);
    expect(answer).toContain(`HTTP/1.1 ${status}`);
    expect(answer).toMatch(/\r\nx-request-id: [0-9a-f-]{36}\r\n/i);
    expect(answer).toMatch(/\r\nx-ratelimit-remaining: \d+\r\n/i);
    expect(answer).toMatch(/\r\naccess-control-allow-origin: \*\r\n/i);
    const [, body = ""] = answer.split(/\r\n\r\n(.*)/s);
    expect(JSON.parse(body)).toMatchObject({ code: expect.any(String), message: expect.any(String) });
  });

  it("a probe of HTTP/1.0 needs no host", async () => {
    expect(await raw("GET /healthz HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*\{"ok":true\}$/);
  });

  it("a path that leads out of those without a rate limit counts like where it leads", async () => {
    const limited = await world.sibling({ RATE_LIMIT_PER_MIN: "1" });
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    expect(await raw(get("/api/v1/auth/siwe"), limited.url)).toContain("HTTP/1.1 400");
    for (const way of ["carrier/..", "carrier/x/../..", "carrier/%2e%2E", "carrier/.%2e"])
      expect(await raw(get(`/api/v1/${way}/auth/siwe`), limited.url)).toContain("HTTP/1.1 429");
    expect(await raw(get("/assets/../api/v1/auth/siwe"), limited.url)).toContain("HTTP/1.1 429");
  });

  it("an expectation of 100 is met", async () => {
    const head = "POST /api/402/apis HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n";
    const answer = await raw(`${head}Content-Type: application/json\r\nConnection: close\r\n\r\n{}`);
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 400 /);
  });

  it("a slash behind a path changes nothing", async () => {
    for (const path of ["/api/402/apis", "/healthz", "/api/v1/auth/siwe"]) {
      const [bare, slashed] = [await world.ask(path), await world.ask(`${path}/`)];
      expect([slashed.status, slashed.body.code], path).toEqual([bare.status, bare.body.code]);
    }
    const headers = { "Content-Type": "application/json" };
    const created = await world.ask("/api/402/apis/", {
      method: "POST",
      headers,
      body: JSON.stringify(creation(world)),
    });
    expect([created.status, created.body]).toEqual([200, { apiId: expect.any(String), url: expect.any(String) }]);
  });

  it.each(["//nowhere", "/api//", "/%", "/api/%E0%A4%A", "/api/402/apis/%00", "/api/v1/%2e%2e/x", "*"])(
    "%s is a 4xx",
    async (target) => {
      const answer = await raw(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    },
  );
});
