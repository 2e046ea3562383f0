import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { between, says } from "./between.ts";
import { type Behaviour, type FaultyServer, openFaultyServer } from "./faulty-server.ts";
import { ask, codeOf, hidden, openProxy, type ProxyUnderTest, type Seen, talk, until } from "./proxy.ts";
import { BAD_BODIES, BAD_HEADS, GOOD } from "./wire-corpus.ts";

const HELLO = GOOD["one chunk"] ?? "";

describe("an answer of any meaning but one", () => {
  let server: FaultyServer;
  let proxy: ProxyUnderTest;
  const corpus = Object.entries({ ...BAD_HEADS, ...BAD_BODIES, ...GOOD });
  const indexOf = (name: string) => corpus.findIndex(([each]) => each === name);

  beforeAll(async () => {
    const all = corpus.map(([, text], i) => [`case${i}`, says(text)] as const);
    // One byte after the other, each in a segment of its own as far as the kernel lets it.
    const dripped = corpus.map(([, text], i) => [`drip${i}`, drips(text)] as const);
    server = await openFaultyServer(Object.fromEntries([...all, ...dripped]));
    proxy = await openProxy(hidden(server.port).options);
  });
  afterAll(async () => {
    await proxy.close();
    await server.close();
  });

  const askFor = (how: "case" | "drip" | "good", name = ""): Promise<Seen> => {
    const path = how === "good" ? "/a-path/good" : `/a-path/${how}${indexOf(name)}`;
    // An API of its own, or the breaker of one case would answer for the next.
    proxy.target = { ...hidden(server.port, path).target, apiId: path };
    return ask(proxy.port);
  };

  it.each(Object.keys(BAD_HEADS))("%s: 502 upstream_invalid, and the next call works", async (name) => {
    const seen = await askFor("case", name);
    expect([seen.status, codeOf(seen)]).toEqual([502, "upstream_invalid"]);
    expect((await askFor("good")).body.toString()).toBe('{"ok":true}');
  });

  it.each(Object.keys(BAD_BODIES))("%s: never a clean end, and the next call works", async (name) => {
    for (const how of ["case", "drip"] as const) {
      const seen = await askFor(how, name).catch((error: NodeJS.ErrnoException) => error);
      expect(seen instanceof Error ? seen.code === "ECONNRESET" : seen.isCut || seen.status === 502).toBe(true);
    }
    expect((await askFor("good")).body.toString()).toBe('{"ok":true}');
  });

  it.each(Object.keys(GOOD))("but with %s there is one, byte by byte too", async (name) => {
    for (const how of ["case", "drip"] as const) {
      const seen = await askFor(how, name);
      expect([seen.status, seen.body.toString(), seen.isCut]).toEqual([200, "hello", false]);
    }
  });
});

function drips(text: string): Behaviour {
  return (socket) => {
    socket.setNoDelay(true);
    let sent = 0;
    const next = () => {
      if (socket.destroyed || sent >= text.length) return;
      socket.write(Buffer.from(text[sent++] ?? "", "latin1"), () => setImmediate(next));
    };
    next();
  };
}

describe("a connection", () => {
  it("is used again when its answer is over", async () => {
    const [server, proxy] = await between(says(HELLO));
    for (let call = 0; call < 3; call++) expect((await ask(proxy.port)).body.toString()).toBe("hello");
    expect(server.received).toHaveLength(1);
  });

  it.each([
    ["HTTP/1.0", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", "GET"],
    ["Connection: close", "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 5\r\n\r\nhello", "GET"],
    ["a Keep-Alive too short to rely on", `HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2${HELLO.slice(15)}`, "GET"],
    ["a body announced with 204", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "GET"],
    ["a body announced with 304", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", "GET"],
    ["a HEAD, after which some send a body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD"],
  ])("is left after %s", async (_, text, method) => {
    const [server, proxy] = await between(says(text));
    await ask(proxy.port, { method });
    await ask(proxy.port, { method });
    expect(server.received).toHaveLength(2);
    await until(() => server.connections.size === 0);
  });

  it("is left when more comes than the answer: it is nobody's", async () => {
    const forged = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";
    const [server, proxy] = await between(says(HELLO + forged));
    for (let call = 0; call < 3; call++) expect((await ask(proxy.port)).body.toString()).toBe("hello");
    expect(server.received).toHaveLength(3);
  });

  it("is left when something comes while nothing was asked", async () => {
    const [server, proxy] = await between(says(HELLO));
    await ask(proxy.port);
    for (const socket of server.connections) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged");
    await until(() => server.connections.size === 0);
    expect((await ask(proxy.port)).body.toString()).toBe("hello");
  });

  it("that answers before anything was sent over it has answered nothing", async () => {
    const [server, proxy] = await between(says(HELLO), { lingerMs: 10 });
    await ask(proxy.port);
    const [kept] = server.connections;
    const arrived = new Promise((resolve) => proxy.server.once("request", resolve));
    // The head goes with the first piece of the body, and that one never comes.
    const answer = talk(proxy.port, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n");
    await arrived;
    for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
    kept?.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged");
    expect(await answer).toMatch(/^HTTP\/1\.1 502 .*upstream_invalid/s);
    expect(server.received.join("")).not.toContain("POST");
  });

  it("that closes while a caller keeps his body to himself is not taken for an upstream that is down", async () => {
    const limits = { lingerMs: 10, breakerFaults: 1, breakerMs: 60_000 };
    const [server, proxy] = await between(says(HELLO), limits);
    await ask(proxy.port);
    const [kept] = server.connections;
    const arrived = new Promise((resolve) => proxy.server.once("request", resolve));
    const answer = talk(proxy.port, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n");
    await arrived;
    for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
    kept?.end();
    expect(await answer).toMatch(/^HTTP\/1\.1 408 .*request_timeout/s);
    expect((await ask(proxy.port)).status).toBe(200);
  });

  it("that closes under a request does not get it again, and nobody else does", async () => {
    let calls = 0;
    const [server, proxy] = await between((socket) => {
      if (++calls === 1) socket.write(HELLO);
      else socket.destroy();
    });
    await ask(proxy.port);
    for (const method of ["GET", "POST"]) {
      const before = calls;
      const seen = await ask(proxy.port, { method });
      expect([seen.status, codeOf(seen)]).toEqual([502, "upstream_unreachable"]);
      expect(calls).toBe(before + 1);
    }
    expect(server.received.join("").match(/POST /g)).toHaveLength(1);
  });
});

it("closing waits for what runs, and takes nothing new", async () => {
  const waiting: (() => void)[] = [];
  const [server, proxy] = await between((socket) => waiting.push(() => socket.write(HELLO)));
  const running = ask(proxy.port);
  await until(() => waiting.length === 1);
  let isClosed = false;
  const closing = proxy.upstream.close().then(() => {
    isClosed = true;
  });
  expect(codeOf(await ask(proxy.port))).toBe("not_ready");
  expect(isClosed).toBe(false);
  waiting.shift()?.();
  expect((await running).body.toString()).toBe("hello");
  await closing;
  await until(() => server.connections.size === 0);
});
