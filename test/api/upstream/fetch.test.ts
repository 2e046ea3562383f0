import { brotliCompressSync, deflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiError } from "../../../api/errors.ts";
import type { UpstreamRequest } from "../../../api/providers/upstream/target.ts";
import { type BehaviourName, type FaultyServer, NESTED, openFaultyServer } from "./faulty-server.ts";
import { HIDDEN, hidden, openProxy, type ProxyUnderTest, until } from "./proxy.ts";

let server: FaultyServer;
let proxy: ProxyUnderTest;
const compressed = (coding: string, body: Buffer) => (socket: { write(data: Buffer | string): void }) => {
  socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`);
  socket.write(body);
};

const sized = (bytes: number) => (socket: { write(data: string): void }) =>
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n${"x".repeat(bytes)}`);

beforeAll(async () => {
  server = await openFaultyServer({
    deflated: compressed("deflate", deflateSync("hello")),
    brotli: compressed("BR", brotliCompressSync("hello")),
    mebibyte: sized(1024 * 1024),
    mebibyteAndOne: sized(1024 * 1024 + 1),
    inPieces: (socket) => {
      socket.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
      let left = 400;
      const next = () => (left-- > 0 ? socket.write("x", () => setImmediate(next)) : socket.end());
      next();
    },
  });
  proxy = await openProxy({ ...hidden(server.port).options, limits: { totalMs: 20_000 } });
});
afterAll(async () => {
  await proxy.close();
  await server.close();
});

const fetchFrom = (
  name: BehaviourName | "deflated" | "brotli" | "mebibyte" | "mebibyteAndOne" | "inPieces",
  request?: UpstreamRequest,
) => {
  const target = { ...hidden(server.port, `${HIDDEN.path}/${name}`).target, apiId: `api-${name}` };
  return proxy.upstream.fetch(target, request);
};

describe("a whole answer", () => {
  it("status, type and body", async () => {
    const body = Buffer.from('{"ok":true}');
    expect(await fetchFrom("good")).toEqual({ status: 200, contentType: "application/json", body });
    expect(await fetchFrom("refuses500")).toEqual({
      status: 500,
      contentType: "text/plain",
      body: Buffer.from("oops"),
    });
    expect(await fetchFrom("moreThanLength")).toEqual({ status: 200, contentType: "", body: Buffer.from("hello") });
  });

  it("asked with what a caller may tell an upstream", async () => {
    await fetchFrom("good", { headers: { accept: "text/x", cookie: "c" } });
    const sent = server.received.join("").split("GET ").at(-1) ?? "";
    expect(sent).toContain("accept: text/x\r\n");
    expect(sent).not.toContain("cookie");
  });

  it("tells how much of it is in memory, room for what comes out of a coding included", async () => {
    const held: number[] = [];
    await fetchFrom("nestedJson", { hold: (bytes) => held.push(bytes) });
    expect(held.at(-1)).toBe(NESTED.length);
    await fetchFrom("gzipped", { hold: (bytes) => held.push(bytes) });
    expect(held.at(-1)).toBeGreaterThan(1024 * 1024);
  });

  it("is kept in one piece, however small those are that it comes in", async () => {
    const held: number[] = [];
    const { body } = await fetchFrom("inPieces", { hold: (bytes) => held.push(bytes) });
    expect(body.toString()).toBe("x".repeat(400));
    expect(held.length).toBeLessThan(20);
    expect(held.at(-1)).toBeGreaterThanOrEqual(400);
  });

  it("of one mebibyte and no more", async () => {
    expect((await fetchFrom("mebibyte")).body.length).toBe(1024 * 1024);
    await expect(fetchFrom("mebibyteAndOne")).rejects.toMatchObject({ code: "upstream_too_large" });
  });

  it.each(["gzipped", "deflated", "brotli"] as const)("%s: decoded", async (name) => {
    expect((await fetchFrom(name)).body.toString()).toBe("hello");
  });

  it.each<[BehaviourName, Buffer]>([
    ["invalidJson", Buffer.from('{"a":')],
    ["wrongCharset", Buffer.from([0xff, 0xfe])],
    ["nestedJson", Buffer.from(NESTED)],
    ["noContentWithBody", Buffer.alloc(0)],
  ])("%s: the bytes as they came", async (name, body) => {
    expect((await fetchFrom(name)).body.equals(body)).toBe(true);
  });
});

describe("no answer", () => {
  it.each<[BehaviourName, string]>([
    ["resetsAtOnce", "upstream_unreachable"],
    ["resetsMidBody", "upstream_unreachable"],
    ["resetsBodyWithoutLength", "upstream_unreachable"],
    ["closesMidBody", "upstream_unreachable"],
    ["lengthAndChunked", "upstream_invalid"],
    ["badChunk", "upstream_invalid"],
    ["redirects", "upstream_redirect"],
    ["endless", "upstream_too_large"],
    ["endlessChunked", "upstream_too_large"],
    ["bomb", "upstream_too_large"],
    ["notGzip", "upstream_invalid"],
    ["oddCoding", "upstream_invalid"],
  ])("%s: %s", async (name, code) => {
    await expect(fetchFrom(name)).rejects.toMatchObject({ code });
    expect((await fetchFrom("good")).status).toBe(200);
  });

  it("the caller leaves: the upstream is left too", async () => {
    const before = server.connections.size;
    const gone = new AbortController();
    const call = fetchFrom("silent", { signal: gone.signal });
    await until(() => server.received.at(-1)?.includes("/silent") ?? false);
    gone.abort();
    await expect(call).rejects.toMatchObject({ code: "request_timeout" });
    await until(() => server.connections.size <= before);
  });

  it("the caller left before: the upstream is not asked", async () => {
    const before = server.received.join("").length;
    await expect(fetchFrom("silent", { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "request_timeout",
    });
    expect(server.received.join("").length).toBe(before);
  });

  it("there is no memory for it: the upstream is left", async () => {
    const before = server.connections.size;
    const hold = () => {
      throw new ApiError("upstream_busy");
    };
    await expect(fetchFrom("drips", { hold })).rejects.toMatchObject({ code: "upstream_busy" });
    await until(() => server.connections.size <= before);
  });
});
