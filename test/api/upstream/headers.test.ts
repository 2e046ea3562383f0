import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FaultyServer, openFaultyServer } from "./faulty-server.ts";
import { ask, HIDDEN, hidden, openProxy, type ProxyUnderTest } from "./proxy.ts";

const LEAKY = [
  "HTTP/1.1 200 OK",
  "Content-Type: text/plain",
  "Set-Cookie: id=1",
  "Server: merchant/1",
  "X-Powered-By: merchant",
  "X-Internal: 10.0.0.7",
  "Location: /elsewhere",
  "Refresh: 0; url=/elsewhere",
  "Link: </style>; rel=preload",
  `Content-Location: http://${HIDDEN.host}/x`,
  `Content-Disposition: attachment; filename="${HIDDEN.host}.txt"`,
  "Alt-Svc: h3=:443",
  "Strict-Transport-Security: max-age=1",
  "Access-Control-Allow-Origin: *",
  "Cache-Control: public, max-age=9999",
  "Content-Security-Policy: default-src *",
  "Content-Language: de",
  'ETag: "1"',
  "Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT",
  "Accept-Ranges: bytes",
  "Content-Length: 2",
].join("\r\n");

/** What the behaviour "typed" answers with. */
const typed = { given: "", header: "X-Nothing: here" };
let server: FaultyServer;
let proxy: ProxyUnderTest;

beforeAll(async () => {
  server = await openFaultyServer({
    leaky: (socket) => socket.write(`${LEAKY}\r\n\r\nhi`),
    typed: (socket) => {
      const head = `HTTP/1.1 200 OK\r\nContent-Type: ${typed.given}\r\n${typed.header}\r\nContent-Length: 2`;
      socket.write(`${head}\r\n\r\nhi`);
    },
  });
  proxy = await openProxy(hidden(server.port).options);
});
afterAll(async () => {
  await proxy.close();
  await server.close();
});

const aim = (name: string) => {
  proxy.target = hidden(server.port, `${HIDDEN.path}/${name}`).target;
};

describe("what the upstream gets to see", () => {
  it("allow-listed headers, our own, and the merchant's last", async () => {
    aim("good");
    const headers = {
      accept: "text/x",
      "accept-language": "de",
      "accept-encoding": "gzip, br",
      range: "bytes=0-1",
      "if-none-match": '"1"',
      "x-request-id": "r-1",
      "user-agent": "caller/1",
      authorization: "Bearer caller",
      cookie: "c=1",
      "x-402-session": "0xsession",
      "x-api-key": "key",
      "x-payment": "p",
      "payment-signature": "p",
      forwarded: "for=1.2.3.4",
      "x-forwarded-for": "1.2.3.4",
      "x-forwarded-host": "spoofed.example",
      "x-real-ip": "1.2.3.4",
      connection: "x-hop, keep-alive",
      "x-hop": "1",
      te: "trailers",
      expect: "100-continue",
      [HIDDEN.headerName]: "forged",
      via: "1.0 callers-proxy",
    };
    await ask(proxy.port, { headers });
    const [line, ...lines] = (server.received.at(-1) ?? "").trim().split("\r\n");
    expect(line).toBe(`GET ${HIDDEN.path}/good?key=${HIDDEN.parameter} HTTP/1.1`);
    expect(lines).toEqual([
      `host: ${HIDDEN.host}:${server.port}`,
      "connection: keep-alive",
      "accept-encoding: identity",
      expect.stringMatching(/^via: 1\.1 turnpike-[0-9a-f]{12}$/),
      "user-agent: Turnpike",
      "accept: text/x",
      "accept-language: de",
      'if-none-match: "1"',
      "range: bytes=0-1",
      "x-request-id: r-1",
      `${HIDDEN.headerName}: ${HIDDEN.headerValue}`,
    ]);
  });

  it("the merchant's value where the caller sent the same header", async () => {
    aim("good");
    proxy.target = { ...proxy.target, headers: { Accept: "merchant/x", "User-Agent": "merchant/1" } };
    await ask(proxy.port, { headers: { accept: "caller/x" } });
    const head = server.received.join("").split("GET ").at(-1) ?? "";
    expect(head).toContain("accept: merchant/x\r\nuser-agent: merchant/1");
    expect(head).not.toContain("caller/x");
  });
});

describe("what the caller gets to see", () => {
  it("allow-listed headers and our guards, nothing else", async () => {
    aim("leaky");
    const { headers } = await ask(proxy.port);
    const { date: _, ...rest } = headers;
    expect(rest).toEqual({
      "cache-control": "private, no-store",
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox; default-src 'none'",
      "cross-origin-resource-policy": "cross-origin",
      "accept-ranges": "bytes",
      "content-language": "de",
      etag: '"1"',
      "last-modified": "Thu, 01 Jan 1970 00:00:00 GMT",
      "content-type": "text/plain",
      "content-length": "2",
      connection: "close",
    });
  });

  it.each(["html", "svg"])("%s: as a download, in a sandbox", async (name) => {
    aim(name);
    const { headers } = await ask(proxy.port);
    expect(headers["content-disposition"]).toBe("attachment");
    expect(headers["content-security-policy"]).toBe("sandbox; default-src 'none'");
    expect(headers["x-content-type-options"]).toBe("nosniff");
  });

  it.each([
    ["application/json", "application/json"],
    ["application/json;charset=UTF-8", "application/json; charset=UTF-8"],
    ['text/plain; format=flowed; charset="utf-8"', 'text/plain; format=flowed; charset="utf-8"'],
    ["multipart/byteranges; boundary=abc", "multipart/byteranges; boundary=abc"],
    [`application/ld+json; profile="https://elsewhere.example/x"; charset=utf-8`, "application/ld+json; charset=utf-8"],
    [`application/ld+json; profile="http://${HIDDEN.host}/x"`, "application/ld+json"],
    [`text/plain; charset=${HIDDEN.path.slice(1)}`, "text/plain"],
    [`text/plain; version="${HIDDEN.parameter}"`, "text/plain"],
    [`application/vnd.${HIDDEN.host}+json`, "application/octet-stream"],
    ["nonsense", "application/octet-stream"],
  ])("the type %s as %s", async (given, seen) => {
    typed.given = given;
    aim("typed");
    expect((await ask(proxy.port)).headers["content-type"]).toBe(seen);
    const { contentType } = await proxy.upstream.fetch({ ...proxy.target, apiId: "api-2" });
    expect(contentType).toBe(seen === "application/octet-stream" ? "" : seen);
  });

  it.each(["etag", "last-modified", "content-language", "content-disposition"])(
    "no %s that tells host, path or query",
    async (name) => {
      aim("typed");
      for (const word of [HIDDEN.host, `${HIDDEN.path}/typed`, HIDDEN.path.slice(1).toUpperCase(), HIDDEN.parameter]) {
        Object.assign(typed, { given: "text/plain", header: `${name}: "${word}"` });
        expect((await ask(proxy.port)).headers[name], word).toBeUndefined();
      }
      typed.header = `${name}: "harmless"`;
      expect((await ask(proxy.port)).headers[name]).toBe('"harmless"');
    },
  );

  it("headers that the API adds, on answers and on faults", async () => {
    aim("good");
    const answerHeaders = ["x-request-id", "r-2"];
    proxy.target = { ...proxy.target, answerHeaders };
    expect((await ask(proxy.port)).headers["x-request-id"]).toBe("r-2");
    aim("redirects");
    proxy.target = { ...proxy.target, answerHeaders };
    const fault = await ask(proxy.port);
    expect([fault.status, fault.headers["x-request-id"], fault.headers["cache-control"]]).toEqual([
      502,
      "r-2",
      "private, no-store",
    ]);
  });
});

describe("a merchant's own headers", () => {
  it.each<[string, Record<string, string>, string]>([
    ["host", { Host: "internal" }, "header_forbidden"],
    ["framing", { "Transfer-Encoding": "chunked" }, "header_forbidden"],
    ["length", { "content-length": "1" }, "header_forbidden"],
    ["hop-by-hop", { Connection: "close" }, "header_forbidden"],
    ["proxy credentials", { "Proxy-Authorization": "x" }, "header_forbidden"],
    ["loop protection", { Via: "x" }, "header_forbidden"],
    ["decompression", { "Accept-Encoding": "gzip" }, "header_forbidden"],
    ["a line break in the value", { "x-a": "1\r\nx-b: 2" }, "header_value"],
    ["a line break in the name", { "x-a\r\nx-b": "2" }, "header_name"],
    ["an empty name", { "": "2" }, "header_name"],
    ["one name in two spellings", { "x-a": "1", "X-A": "2" }, "header_twice"],
  ])("refused: %s", (_, headers, reason) => {
    expect(() => proxy.upstream.checkHeaders(headers)).toThrowError(
      expect.objectContaining({ code: "invalid_field", details: { field: "p_upstream_headers", reason } }),
    );
  });

  it("allowed: credentials and whatever else is the upstream's business", () => {
    proxy.upstream.checkHeaders({ Authorization: "Bearer x", "X-Api-Key": "k", Cookie: "a=b", "User-Agent": "me" });
  });
});
