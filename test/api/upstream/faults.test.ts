import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BehaviourName, type FaultyServer, NESTED, openFaultyServer } from "./faulty-server.ts";
import { ask, codeOf, HIDDEN, hidden, openProxy, type ProxyUnderTest } from "./proxy.ts";

let server: FaultyServer;
let proxy: ProxyUnderTest;
let hurried: ProxyUnderTest;

beforeAll(async () => {
  server = await openFaultyServer();
  const { options } = hidden(server.port);
  proxy = await openProxy(options);
  // Only where a limit is meant to fire: under load, small limits would fire everywhere.
  const limits = { firstByteMs: 150, idleMs: 150, totalMs: 400 };
  hurried = await openProxy({ ...options, limits });
});

afterAll(async () => {
  await proxy.close();
  await hurried.close();
  await server.close();
});

const aim = (at: ProxyUnderTest, name: BehaviourName) => {
  // An API of its own, or the breaker of one case would answer for the next.
  at.target = { ...hidden(server.port, `${HIDDEN.path}/${name}`).target, apiId: `api-${name}` };
};
const askFor = (name: BehaviourName, method = "GET") => {
  aim(proxy, name);
  return ask(proxy.port, { method });
};

describe("an upstream that fails before its answer", () => {
  const rows: [BehaviourName, number, string][] = [
    ["resetsAtOnce", 502, "upstream_unreachable"],
    ["resetsMidHeader", 502, "upstream_unreachable"],
    ["closesMidHeader", 502, "upstream_unreachable"],
    ["lengthAndChunked", 502, "upstream_invalid"],
    ["twoLengths", 502, "upstream_invalid"],
    ["negativeLength", 502, "upstream_invalid"],
    ["gzipCoding", 502, "upstream_invalid"],
    ["controlInHeader", 502, "upstream_invalid"],
    ["nulInHeader", 502, "upstream_invalid"],
    ["spaceInHeaderName", 502, "upstream_invalid"],
    ["bareLineFeeds", 502, "upstream_invalid"],
    ["hugeHeader", 502, "upstream_invalid"],
    ["noHttp", 502, "upstream_invalid"],
    ["status999", 502, "upstream_invalid"],
    ["continues", 502, "upstream_invalid"],
    ["switchesProtocols", 502, "upstream_invalid"],
    ["redirects", 502, "upstream_redirect"],
  ];
  it.each(rows)("%s: %d %s, and the next call works", async (name, status, code) => {
    const seen = await askFor(name);
    expect([seen.status, codeOf(seen), seen.isCut]).toEqual([status, code, false]);
    expect(seen.headers.location).toBeUndefined();
    expect((await askFor("good")).body.toString()).toBe('{"ok":true}');
  });

  it("refuses: 502 upstream_unreachable", async () => {
    const closed = await openFaultyServer();
    await closed.close();
    const { options, target } = hidden(closed.port);
    const cutOff = await openProxy(options);
    cutOff.target = target;
    const seen = await ask(cutOff.port);
    expect([seen.status, codeOf(seen)]).toEqual([502, "upstream_unreachable"]);
    await cutOff.close();
  });

  it.each<BehaviourName>(["silent", "stopsMidHeader"])("%s: 504 upstream_timeout", async (name) => {
    aim(hurried, name);
    const seen = await ask(hurried.port);
    expect([seen.status, codeOf(seen)]).toEqual([504, "upstream_timeout"]);
  });
});

describe("an upstream that fails within its answer", () => {
  const names: BehaviourName[] = [
    "resetsMidBody",
    "closesMidBody",
    "closesMidChunks",
    "badChunk",
    "resetsBodyWithoutLength",
  ];
  it.each(names)("%s: the caller's connection is cut, never ended cleanly", async (name) => {
    const seen = await askFor(name).catch((error: NodeJS.ErrnoException) => error);
    const isCut = seen instanceof Error ? seen.code === "ECONNRESET" : seen.isCut || seen.status === 502;
    expect(isCut).toBe(true);
    expect((await askFor("good")).isCut).toBe(false);
  });

  it.each<BehaviourName>(["stopsMidBody", "drips"])("%s: cut when the time is up", async (name) => {
    aim(hurried, name);
    const seen = await ask(hurried.port);
    expect([seen.status, seen.isCut]).toEqual([200, true]);
    expect(hurried.outcomes.at(-1)?.fault).toBe("upstream_timeout");
  });
});

describe("an upstream that is odd, but can be passed on", () => {
  it("endsBodyWithoutLength: the whole body, with a clean end", async () => {
    const seen = await askFor("endsBodyWithoutLength");
    expect([seen.status, seen.body.toString(), seen.isCut]).toEqual([200, "all of it", false]);
  });

  it("moreThanLength: only as much as was announced, and nothing is left for the next caller", async () => {
    expect((await askFor("moreThanLength")).body.toString()).toBe("hello");
    expect((await askFor("good")).body.toString()).toBe('{"ok":true}');
  });

  it("hints: 1xx answers are not passed on", async () => {
    const seen = await askFor("hints");
    expect([seen.status, seen.body.toString(), seen.headers.link]).toEqual([200, "hi", undefined]);
  });

  it.each<[BehaviourName, number]>([
    ["noContentWithBody", 204],
    ["notModifiedWithBody", 304],
  ])("%s: %d without a body", async (name, status) => {
    const seen = await askFor(name);
    expect([seen.status, seen.body.length, seen.isCut]).toEqual([status, 0, false]);
    expect(seen.headers["content-length"]).toBeUndefined();
    expect((await askFor("good")).status).toBe(200);
  });

  it("HEAD: the headers of a GET and no body", async () => {
    const seen = await askFor("good", "HEAD");
    expect([seen.status, seen.headers["content-length"], seen.body.length]).toEqual([200, "11", 0]);
  });

  it("refuses500: status, body and retry-after are the upstream's own", async () => {
    const seen = await askFor("refuses500");
    expect([seen.status, seen.body.toString(), seen.headers["retry-after"]]).toEqual([500, "oops", "3"]);
  });

  it("highBytesInHeader: the header is dropped", async () => {
    const seen = await askFor("highBytesInHeader");
    expect([seen.body.toString(), seen.headers["content-type"]]).toEqual(["hi", "application/octet-stream"]);
  });

  it.each<[BehaviourName, Buffer]>([
    ["invalidJson", Buffer.from('{"a":')],
    ["wrongCharset", Buffer.from([0xff, 0xfe])],
    ["nestedJson", Buffer.from(NESTED)],
  ])("%s: bytes and type stay as they are", async (name, body) => {
    const seen = await askFor(name);
    expect(seen.body.equals(body)).toBe(true);
    expect(seen.headers["content-type"]).toMatch(/json|klingon-8/);
  });

  it("bomb: stays compressed and says so", async () => {
    const seen = await askFor("bomb");
    expect(seen.headers["content-encoding"]).toBe("gzip");
    expect(seen.body.length).toBeLessThan(100_000);
  });

  it("events: each event is passed on as it comes, long after the ordinary limits", async () => {
    aim(hurried, "events");
    const seen: string[] = [];
    const answer = await fetch(`http://127.0.0.1:${hurried.port}/`);
    const reader = answer.body?.getReader();
    const first = await reader?.read();
    seen.push(Buffer.from(first?.value ?? []).toString());
    // Four times the idle limit, told by the server's own clock of events rather than by a pause here.
    await new Promise<void>((resolve) => {
      let ticks = 0;
      const timer = setInterval(() => {
        if (++ticks < 6) return;
        clearInterval(timer);
        resolve();
      }, 100);
    });
    for (const socket of server.connections) socket.end("data: two\n\n");
    seen.push(Buffer.from((await reader?.read())?.value ?? []).toString());
    expect(seen).toEqual(["data: one\n\n", "data: two\n\n"]);
  });
});
