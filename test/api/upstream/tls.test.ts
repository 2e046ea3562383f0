import { createServer, type Server } from "node:https";
import { createServer as createTcpServer, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type Certificate, selfSigned } from "./certificate.ts";
import { ask, codeOf, listening, openProxy, type ProxyUnderTest } from "./proxy.ts";

const GOOD = { ip: "127.0.0.1", validFrom: "200101000000Z", validTo: "491231235959Z" };
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(certificate: Certificate): Promise<{ port: number; requests: string[] }> {
  const requests: string[] = [];
  const server: Server = createServer(certificate, (request, response) => {
    requests.push(request.url ?? "");
    response.end("hi");
  });
  server.on("tlsClientError", () => {});
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port: await listening(server), requests };
}

async function proxyTo(port: number, ca?: string): Promise<ProxyUnderTest> {
  const proxy = await openProxy({ allow: [`127.0.0.1:${port}`], ...(ca !== undefined && { ca }) });
  proxy.target = { ...proxy.target, url: `https://127.0.0.1:${port}/x` };
  closers.push(proxy.close);
  return proxy;
}

describe("an upstream whose certificate", () => {
  it("is trusted: its answer", async () => {
    const certificate = selfSigned(GOOD);
    const { port } = await serve(certificate);
    const seen = await ask((await proxyTo(port, certificate.cert)).port);
    expect([seen.status, seen.body.toString()]).toEqual([200, "hi"]);
  });

  it.each<[string, Partial<typeof GOOD>, boolean]>([
    ["nobody vouches for", {}, false],
    ["is for another address", { ip: "127.0.0.9" }, true],
    ["has expired", { validTo: "210101000000Z" }, true],
    ["is not valid yet", { validFrom: "480101000000Z" }, true],
  ])("%s: 502 upstream_tls, and it never sees the request", async (_, wanted, isTrusted) => {
    const certificate = selfSigned({ ...GOOD, ...wanted });
    const { port, requests } = await serve(certificate);
    const seen = await ask((await proxyTo(port, isTrusted ? certificate.cert : undefined)).port);
    expect([seen.status, codeOf(seen)]).toEqual([502, "upstream_tls"]);
    expect(requests).toEqual([]);
  });
});

/** A TCP server that has no TLS to offer. */
async function plain(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    onSocket(socket);
  });
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return listening(server);
}

describe("an upstream that does not speak TLS", () => {
  it("answers in plain text: 502 upstream_tls", async () => {
    const port = await plain((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const seen = await ask((await proxyTo(port)).port);
    expect([seen.status, codeOf(seen)]).toEqual([502, "upstream_tls"]);
  });

  it("hangs up: 502 upstream_unreachable", async () => {
    const port = await plain((socket) => socket.destroy());
    const seen = await ask((await proxyTo(port)).port);
    expect([seen.status, codeOf(seen)]).toEqual([502, "upstream_unreachable"]);
  });

  it("never says a word: 504 upstream_timeout after the connect limit", async () => {
    const port = await plain(() => {});
    const proxy = await openProxy({ allow: [`127.0.0.1:${port}`], limits: { connectMs: 200 } });
    closers.push(proxy.close);
    proxy.target = { ...proxy.target, url: `https://127.0.0.1:${port}/x` };
    const seen = await ask(proxy.port);
    expect([seen.status, codeOf(seen)]).toEqual([504, "upstream_timeout"]);
  });
});
