import type { Socket } from "node:net";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { type CarrierAsk, openCarrierHttp } from "../../../api/providers/phone/carrier-http.ts";
import { type RawSupplier, startRawSupplier } from "../otp/raw-supplier.ts";
import { TestClock } from "../support/test-clock.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const HASTE = { connect: 500, ask: 500, act: 500 };
const POST: CarrierAsk = { what: "texts", method: "POST", path: "/texts?a=1", body: '{"to":"+447700900001"}' };
const GET: CarrierAsk = { what: "balance", method: "GET", path: "/balance" };

async function at(answer: (socket: Socket, request: string) => void, path = "") {
  const server: RawSupplier = await startRawSupplier(answer);
  const logs: string[] = [];
  const log = pino({ level: "warn" }, { write: (line) => void logs.push(line) });
  const clock = new TestClock();
  const options = { carrier: "test", url: server.url + path, headers: { authorization: "Bearer SECRET" } };
  const http = openCarrierHttp({ clock, log }, { ...options, timeoutMs: HASTE });
  closers.push(http.close, server.close);
  return { server, http, logs, clock };
}

const raw = (body: string, head = `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}`) =>
  `${head}\r\n\r\n${body}`;

describe("a request", () => {
  it("bears the account, below the path of the carrier's URL", async () => {
    let request = "";
    const { http } = await at((socket, asked) => {
      request = asked;
      socket.write(raw('{"id":1}', "HTTP/1.1 201 Created\r\nContent-Length: 8"));
    }, "/v2/");
    expect(await http.act({ ...POST, headers: { "content-type": "application/json" } })).toEqual({
      ...{ kind: "answer", status: 201, json: { id: 1 } },
    });
    expect(request).toMatch(/^POST \/v2\/texts\?a=1 HTTP\/1\.1\r\n/);
    expect(request).toMatch(/\r\nauthorization: Bearer SECRET\r\n/i);
    expect(request).toMatch(/\r\n\r\n\{"to":"\+447700900001"\}$/);
  });

  it("for an effect goes out on a connection of its own, for a kept one may be closing", async () => {
    const askedOn = new Map<Socket, string[]>();
    const { http } = await at((socket, request) => {
      askedOn.set(socket, [...(askedOn.get(socket) ?? []), request.slice(0, 4).trim()]);
      socket.write(raw("{}"));
    });
    for (let i = 0; i < 20; i++) await http.ask(GET);
    expect(askedOn.size).toBeLessThan(20);
    for (let i = 0; i < 3; i++) await http.act(POST);
    expect([...askedOn.values()].filter((asked) => asked.includes("POST"))).toEqual([["POST"], ["POST"], ["POST"]]);
  });

  it("follows no redirect", async () => {
    const other = await at((socket) => socket.write(raw("{}")));
    const to = `HTTP/1.1 307 Temporary Redirect\r\nLocation: ${other.server.url}\r\nContent-Length: 0`;
    const { http } = await at((socket) => socket.write(raw("", to)));
    expect(await http.act(POST)).toEqual({ kind: "answer", status: 307, json: undefined });
    expect(other.server.asked).toEqual([]);
  });
});

describe("an effect", () => {
  const reset = (socket: Socket, text: string) => socket.write(text, () => socket.resetAndDestroy());
  it.each<[string, (socket: Socket) => void]>([
    ["a reset before the answer", (socket) => socket.resetAndDestroy()],
    ["a close before the answer", (socket) => socket.end()],
    ["silence", () => {}],
    ["no HTTP", (socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n")],
    ["half a head", (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Le")],
    ["a head and silence", (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 28\r\n\r\n")],
    ["a cut body", (socket) => socket.end(raw('{"id":', "HTTP/1.1 200 OK\r\nContent-Length: 28"))],
    ["a body without length that is reset", (socket) => reset(socket, 'HTTP/1.1 200 OK\r\n\r\n{"id":1}')],
    ["a head without end", (socket) => socket.write(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(80_000)}`)],
  ])("that ends in %s was sent once, and nothing is known of it", async (_, answer) => {
    const { server, http, logs } = await at(answer);
    expect(await http.act(POST)).toEqual({ kind: "none" });
    expect(server.asked).toHaveLength(1);
    await expect.poll(() => server.open).toBe(0);
    expect(logs).toHaveLength(1);
    expect(logs.join()).not.toMatch(/SECRET|7700900001|127\.0\.0\.1|x{10}/);
  });

  it("is read to the end of an answer of its kind, and no further", async () => {
    const { server, http, logs } = await at((socket) => {
      const more = () => {
        while (socket.writable && socket.write("x".repeat(256 * 1024)));
        socket.once("drain", more);
      };
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      more();
    });
    expect(await http.act(POST)).toEqual({ kind: "none" });
    await expect.poll(() => server.open).toBe(0);
    expect(logs).toHaveLength(1);
  });

  it("that no connection could be had for was not sent", async () => {
    const { server, http, logs } = await at(() => {});
    await server.close();
    expect(await http.act(POST)).toEqual({ kind: "unsent" });
    expect(logs).toEqual([expect.stringContaining("ECONNREFUSED")]);
  });

  it("that TLS fails for was not sent", async () => {
    const { server, logs } = await at((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const url = server.url.replace("http:", "https:");
    const log = pino({ level: "silent" });
    const https = openCarrierHttp({ clock: new TestClock(), log }, { carrier: "test", url, headers: {} });
    closers.push(https.close);
    expect(await https.act(POST)).toEqual({ kind: "unsent" });
    expect(logs).toEqual([]);
  });

  it("that is answered with a 5xx may have been had", async () => {
    const { http, logs } = await at((socket) =>
      socket.write(raw("<html>SECRET", "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 12")),
    );
    expect(await http.act(POST)).toEqual({ kind: "answer", status: 502, json: undefined });
    expect(logs.join()).toContain('"status":502');
    expect(logs.join()).not.toContain("SECRET");
  });
});

describe("a 429", () => {
  const busy = (retryAfter: string) => (socket: Socket) =>
    socket.write(raw("{}", `HTTP/1.1 429 Too Many\r\n${retryAfter}Content-Length: 2`));

  it("holds back requests of the kind for as long as it says", async () => {
    const { server, http, clock } = await at(busy("Retry-After: 7\r\n"));
    expect(await http.act(POST)).toEqual({ kind: "unsent" });
    clock.advance(6);
    expect(await http.act(POST)).toEqual({ kind: "unsent" });
    expect(server.asked).toHaveLength(1);
    expect(await http.ask(GET)).toEqual({ kind: "unsent" });
    expect(server.asked).toHaveLength(2);
    clock.advance(1);
    expect(await http.act(POST)).toEqual({ kind: "unsent" });
    expect(server.asked).toHaveLength(3);
  });

  it("holds nothing back unless it says so, and never for long", async () => {
    const { server, http } = await at(busy(""));
    await http.act(POST);
    await http.act(POST);
    expect(server.asked).toHaveLength(2);
    const far = await at(busy("Retry-After: 86400\r\n"));
    await far.http.act(POST);
    far.clock.advance(60);
    await far.http.act(POST);
    expect(far.server.asked).toHaveLength(2);
  });
});
