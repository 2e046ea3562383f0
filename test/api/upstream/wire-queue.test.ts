import { describe, expect, it } from "vitest";
import { between } from "./between.ts";
import { ask, codeOf, until } from "./proxy.ts";
import { GOOD } from "./wire-corpus.ts";

const HELLO = GOOD["one chunk"] ?? "";

/** Up to five reads of a socket long, and no two alike. */
const bodyOf = (n: number): Buffer => Buffer.alloc((n * 7_919) % 300_000, `${n},`);

const measured = (body: Buffer) => [`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`, body];

const inChunks = (body: Buffer, first: number) => [
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
  ...[body.subarray(0, first), body.subarray(first)]
    .filter(({ length }) => length > 0)
    .flatMap((chunk) => [`${chunk.length.toString(16)}\r\n`, chunk, "\r\n"]),
  "0\r\n\r\n",
];

describe("more calls than connections", () => {
  it("wait for one, in order, and all are answered", async () => {
    const waiting: (() => void)[] = [];
    const [server, proxy] = await between((socket) => waiting.push(() => socket.write(HELLO)), {
      connectionsPerOrigin: 2,
    });
    const answers = Array.from({ length: 7 }, () => ask(proxy.port));
    for (let answered = 0; answered < 7; answered++) {
      await until(() => waiting.length > 0);
      expect(server.connections.size).toBeLessThanOrEqual(2);
      waiting.shift()?.();
    }
    expect((await Promise.all(answers)).map(({ body }) => body.toString())).toEqual(Array(7).fill("hello"));
    expect(server.received).toHaveLength(2);
  });

  it("each get their own answer, whatever its length and in how many pieces it comes", async () => {
    const [server, proxy] = await between(
      (socket, received) => {
        const asked = Number(/GET \S*n=(\d+)\S* (?![\s\S]*GET )/.exec(received())?.[1]);
        for (const piece of asked % 2 === 0 ? measured(bodyOf(asked)) : inChunks(bodyOf(asked), asked))
          socket.write(piece);
      },
      { connectionsPerOrigin: 8 },
    );
    const numbers = Array.from({ length: 300 }, (_, i) => i);
    const answers = await Promise.all(numbers.map((n) => ask(proxy.port, { path: `/?n=${n}` })));
    const mixedUp = numbers.filter((n) => !answers[n]?.body.equals(bodyOf(n)));
    expect([mixedUp, server.received.length]).toEqual([[], 8]);
  });

  it("are told that it is busy when they have waited too long, and it is not taken for one that is down", async () => {
    let calls = 0;
    const events = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    const [server, proxy] = await between((socket) => socket.write(++calls === 1 ? events : HELLO), {
      connectionsPerOrigin: 1,
      firstByteMs: 100,
      breakerFaults: 1,
      breakerMs: 60_000,
    });
    const listening = ask(proxy.port);
    await until(() => calls === 1);
    const waited = await ask(proxy.port);
    expect([waited.status, codeOf(waited), waited.headers["retry-after"]]).toEqual([503, "upstream_busy", "1"]);
    for (const socket of server.connections) socket.write("0\r\n\r\n");
    expect((await listening).isCut).toBe(false);
    expect((await ask(proxy.port)).body.toString()).toBe("hello");
  });

  it("whose callers leave meanwhile are not made", async () => {
    const waiting: (() => void)[] = [];
    const [server, proxy] = await between((socket) => waiting.push(() => socket.write(HELLO)), {
      connectionsPerOrigin: 1,
    });
    const first = ask(proxy.port);
    await until(() => waiting.length === 1);
    const gone = new AbortController();
    const leavers = Array.from({ length: 200 }, () => proxy.upstream.fetch(proxy.target, { signal: gone.signal }));
    const last = ask(proxy.port);
    gone.abort();
    for (const leaver of leavers) await expect(leaver).rejects.toMatchObject({ code: "request_timeout" });
    waiting.shift()?.();
    await until(() => waiting.length === 1);
    waiting.shift()?.();
    expect([(await first).status, (await last).status]).toEqual([200, 200]);
    expect(server.received.join("").match(/GET /g)).toHaveLength(2);
  });
});
