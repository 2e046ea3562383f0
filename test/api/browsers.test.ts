import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserFetch } from "../support/browser.ts";
import { createWorld, JSON_TYPE, type World } from "../world.ts";
import { strangerWallet as wallet } from "./support/wallet.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());

const page = (path: string, init?: RequestInit) => browserFetch(world.url + path, init);

// biome-ignore lint/suspicious/noExplicitAny: answers are compared with literals, and a schema would say them twice
const read = async (answer: Response): Promise<any> => answer.json();

/** Readable in a page, whatever was asked. */
const READABLE = ["x-request-id", "x-ratelimit-remaining"];

describe("a page in a browser", () => {
  it("signs in, uses its token and revokes it", async () => {
    const { message } = await read(await page(`/api/v1/auth/siwe?address=${wallet.address}&chainId=8453`));
    const body = JSON.stringify({ message, signature: await wallet.signMessage({ message }) });
    const { token } = await read(await page("/api/v1/auth/siwe", { method: "POST", headers: JSON_TYPE, body }));
    const headers = { Authorization: `Bearer ${token}` };
    expect((await page("/api/402/apis", { headers })).status).toBe(200);
    expect((await page("/api/v1/auth/siwe", { method: "DELETE", headers })).status).toBe(200);
    expect((await page("/api/402/apis", { headers })).status).toBe(401);
  });

  it("polls a masked API, and reads when to come back", async () => {
    const url = `/api/${await world.sell()}`;
    const { data } = await read(await page(url));
    const headers = { "X-402-Session": data.session_id, Prefer: "wait=0" };
    const pending = await page(url, { headers });
    expect([pending.status, pending.headers.get("retry-after")]).toEqual([402, "2"]);
  });

  /** What `@x402/fetch` 2.27, `x402-fetch` 1.2.0 and the MCP SDK put on their requests. */
  it.each([
    "payment-signature",
    "x-payment",
    "access-control-expose-headers",
    "mcp-session-id",
    "mcp-protocol-version",
    "idempotency-key",
    "x-api-key",
    "sign-in-with-x",
  ])("may send %s", async (name) => {
    const answer = await page("/api/v1/nothing", {
      method: "POST",
      headers: { ...JSON_TYPE, [name]: "1" },
      body: "{}",
    });
    expect(answer.status).toBe(404);
  });

  it("may not send what nobody reads", async () => {
    await expect(page("/healthz", { headers: { "x-surprise": "1" } })).rejects.toThrow("x-surprise may not be sent");
    await expect(page("/healthz", { method: "PROPFIND" })).rejects.toThrow("PROPFIND is not allowed");
  });

  it.each([
    [404, "/api/v1/nothing", {}],
    [400, "/api/v1/auth/siwe", {}],
    [401, "/api/v1/auth/siwe", { method: "DELETE" }],
    [415, "/api/v1/auth/siwe", { method: "POST", body: "hello" }],
    [414, `/api/v1/nothing?${"a".repeat(9_000)}`, {}],
    [404, "/api/00000000-0000-4000-8000-000000000000", {}],
  ])("reads a %i, its code, its request id and what is left", async (status, path, init) => {
    const answer = await page(path, init);
    expect(answer.status).toBe(status);
    for (const name of READABLE) expect(answer.headers.get(name), name).not.toBeNull();
    const body = await read(answer);
    expect([body.error ?? body.code, body.message]).toEqual([expect.any(String), expect.any(String)]);
  });

  it("reads a 429 and when to come back", async () => {
    const limited = await world.sibling({ RATE_LIMIT_PER_MIN: "1" });
    const ask = () => browserFetch(`${limited.url}/api/v1/nothing`);
    await ask();
    const { status, headers } = await ask();
    expect([status, headers.get("retry-after"), headers.get("x-ratelimit-remaining")]).toEqual([429, "60", "0"]);
  });
});
