import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Counter, openCounter } from "../x402/counter.ts";
import { callAt, MCP_HEADERS, paid, say } from "./room.ts";

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter();
});
afterAll(() => counter?.world.close());

const send = (message: unknown, headers?: Record<string, string>) => say(counter.world, message, headers);
const request = (method: string, params?: object) => ({ jsonrpc: "2.0", id: 7, method, ...(params && { params }) });
const LIST = request("tools/list");

it("says who it is, and keeps nothing of it: what follows may come to another process", async () => {
  const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } };
  const { status, headers, body } = await send(request("initialize", params));
  expect([status, headers.get("mcp-session-id"), headers.get("cache-control")]).toEqual([200, null, "no-store"]);
  expect(body.result).toMatchObject({ serverInfo: { name: "turnpike" }, capabilities: { tools: {} } });
  expect(body.result.instructions).toContain("turnpike/api-key");
  const sibling = await counter.world.sibling();
  expect((await say(sibling, LIST)).body.result.tools.length).toBeGreaterThan(5);
});

it("takes notifications without an answer", async () => {
  const { status, text } = await send({ jsonrpc: "2.0", method: "notifications/initialized" });
  expect([status, text]).toEqual([202, ""]);
});

it("has neither a stream nor sessions, which clients take", async () => {
  for (const method of ["GET", "DELETE", "PUT", "PATCH"]) {
    const { status, headers, body } = await counter.world.ask("/mcp", { method, headers: MCP_HEADERS });
    expect([method, status, headers.get("allow")]).toEqual([method, 405, "POST"]);
    expect(body).toMatchObject({ jsonrpc: "2.0", error: { data: { error: "method_not_allowed" } }, id: null });
  }
  const client = new Client({ name: "test", version: "1" });
  const transport = new StreamableHTTPClientTransport(new URL(`${counter.world.url}/mcp`));
  await client.connect(transport as never);
  expect((await client.listTools()).tools.length).toBeGreaterThan(5);
  await transport.terminateSession();
  await client.close();
});

describe("what is no message", () => {
  it.each([
    ["no JSON", "{", 400, -32_700],
    ["nothing", "", 400, -32_700],
    ["a batch", [LIST, LIST], 400, -32_600],
    ["an empty batch", [], 400, -32_600],
    ["null", null, 400, -32_700],
    ["a text", '"tools/list"', 400, -32_700],
    ["no JSON-RPC", { method: "tools/list", id: 1 }, 400, -32_700],
    ["another version", { ...LIST, jsonrpc: "1.0" }, 400, -32_700],
    ["an id that is none", { ...LIST, id: {} }, 400, -32_700],
  ])("%s is refused", async (...[, message, status, code]) => {
    const answer = await send(message);
    expect([answer.status, answer.body.error.code, answer.body.id]).toEqual([status, code, null]);
  });

  it("is refused by size, type and what its sender takes, as elsewhere", async () => {
    const long = request("tools/call", { name: "test_greeting", arguments: { name: "x".repeat(70_000) } });
    expect((await send(long)).status).toBe(413);
    expect((await send(LIST, { "Content-Type": "text/plain" })).status).toBe(415);
    expect((await send(LIST, { Accept: "text/html" })).status).toBe(406);
    expect((await send(LIST, { "Mcp-Protocol-Version": "1999-01-01" })).status).toBe(400);
  });
});

describe("a request that cannot be answered", () => {
  const codeOf = async (message: object) => (await send(message)).body.error?.code;

  it("for a method, a tool or parameters that there are not", async () => {
    expect(await codeOf(request("prompts/list"))).toBe(-32_601);
    expect(await codeOf(request("resources/read", { uri: "file:///etc/passwd" }))).toBe(-32_601);
    expect(await codeOf(request("tools/call", { name: "no_such_tool", arguments: {} }))).toBe(-32_602);
    expect(await codeOf(request("tools/call", { name: "constructor" }))).toBe(-32_602);
    for (const params of [{}, { name: 5 }, { name: "balance", arguments: [] }, { name: "balance", arguments: "x" }])
      expect(await codeOf(request("tools/call", params))).toBe(-32_602);
    expect(await codeOf(request("tools/call", { name: "test_greeting", task: { ttl: 1 } }))).toBeLessThan(-32_000);
  });

  it("for odd arguments, without a fault of ours", async () => {
    const odd = [
      JSON.parse('{"__proto__":{"name":"ada"}}'),
      { idempotency_key: 5 },
      { idempotency_key: "with space" },
      { name: "DEEP" },
    ];
    for (const args of odd) {
      const { meta } = paid(await counter.sign());
      const message = request("tools/call", { name: "test_greeting", arguments: args, _meta: meta });
      const deep = "[".repeat(20_000) + "]".repeat(20_000);
      const { isError, structuredContent } = (await send(JSON.stringify(message).replace('"DEEP"', deep))).body.result;
      expect([isError, structuredContent.error]).toEqual([true, expect.stringMatching(/^invalid_(?:field|json)$/)]);
    }
    expect(counter.world.logs.filter((line) => line.includes("a request failed"))).toEqual([]);
  });
});

describe("a fault of ours", () => {
  const sale = () => counter.sales.all[0] as { prepare: unknown };
  const failing = async (prepare: () => Promise<never>, work: () => Promise<void>) => {
    const { prepare: real } = sale();
    Object.assign(sale(), { prepare });
    await work();
    Object.assign(sale(), { prepare: real });
  };

  it("is told as that and nothing else, and that a payment may have been taken", () =>
    failing(
      () => Promise.reject(new Error("the password is hunter2")),
      async () => {
        const call = callAt(counter.world);
        const { isError, structuredContent } = await call("test_greeting", {}, paid(await counter.sign()));
        expect(isError).toBe(true);
        expect(structuredContent).toEqual({
          error: "internal",
          message: expect.stringMatching(/^Something went wrong on our side\. .*may have been taken.*Do not pay again/),
          request_id: expect.any(String),
        });
        expect(counter.world.logs.some((line) => line.includes("hunter2"))).toBe(true);
      },
    ));

  it("is logged also when nobody waits for the answer any more", async () => {
    const gone = new AbortController();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: broken, reject: fail } = Promise.withResolvers<never>();
    const prepare = () => {
      begin();
      return broken;
    };
    await failing(prepare, async () => {
      const params = { name: "test_greeting", arguments: {}, _meta: paid(await counter.sign()).meta };
      const asking = fetch(`${counter.world.url}/mcp`, {
        method: "POST",
        headers: MCP_HEADERS,
        body: JSON.stringify(request("tools/call", params)),
        signal: gone.signal,
      }).catch(() => "gone");
      await begun;
      const answered = counter.world.logs.length;
      gone.abort();
      expect(await asking).toBe("gone");
      await expect.poll(() => counter.world.logs.slice(answered).some((line) => line.includes("/mcp"))).toBe(true);
      fail(new Error("the door fell off"));
      await expect.poll(() => counter.world.logs.some((line) => line.includes("the door fell off"))).toBe(true);
    });
  });
});

it("counts each message against its caller, as every request", async () => {
  const strict = await counter.world.sibling({ RATE_LIMIT_PER_MIN: "3" });
  const statuses = [];
  for (let i = 0; i < 5; i++) statuses.push((await say(strict, LIST)).status);
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
  expect((await say(strict, LIST)).headers.get("retry-after")).toMatch(/^\d+$/);
});
