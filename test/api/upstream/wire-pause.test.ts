import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import { Ask, type Asker } from "../../../api/providers/upstream/wire/ask.ts";
import { Connection } from "../../../api/providers/upstream/wire/connection.ts";
import { listening, until } from "./proxy.ts";

const HEAD = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

type Slow = { socket: Socket; upstream: Socket; pieces: string[]; ends: unknown[]; resume(): void };

/** An asker who wants a pause after each piece. */
async function slowly(use: (slow: Slow) => Promise<void>): Promise<Slow> {
  const server = createServer();
  const accepted = once(server, "connection");
  const socket = connect(await listening(server), "127.0.0.1");
  const [upstream] = (await accepted) as [Socket];
  const pieces: string[] = [];
  const ends: unknown[] = [];
  const asker: Asker = {
    isOver: false,
    onSent: () => {},
    onHead: () => {},
    onData: (piece) => {
      pieces.push(piece.toString());
      return false;
    },
    onEnd: () => ends.push("end"),
    onFault: (error) => ends.push((error as { code: string }).code),
  };
  const ask = new Ask({ origin: "http://x", path: "/", method: "GET", headers: [] }, asker);
  const keeper = { headerBytes: 16_384, keepAliveMs: 4_000, released: () => {}, closed: () => {} };
  const connection = new Connection(socket, keeper);
  connection.send(ask);
  const slow = { socket, upstream, pieces, ends, resume: () => ask.resume() };
  await use(slow);
  connection.close();
  upstream.destroy();
  await new Promise((resolve) => server.close(resolve));
  return slow;
}

/** The first piece; then the rest, and a hang-up, while the asker takes nothing. */
const hangingUp = (rest: string) =>
  slowly(async ({ socket, upstream, pieces, ends, resume }) => {
    upstream.write(`${HEAD}3\r\none\r\n`);
    await until(() => pieces.length === 1);
    upstream.end(rest);
    await until(() => socket.readableLength > 0);
    expect(pieces).toEqual(["one"]);
    while (ends.length === 0) {
      resume();
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

it("an answer that is whole stays so when the upstream hangs up while it waits for room at the caller's", async () => {
  const { pieces, ends } = await hangingUp("3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n");
  expect([pieces.join(""), ends]).toEqual(["onetwothree", ["end"]]);
});

it("and one that is not does not become it", async () => {
  const { pieces, ends } = await hangingUp("3\r\ntwo\r\n5\r\nthr");
  expect([pieces.join(""), ends]).toEqual(["onetwothr", ["WIRE_CLOSED"]]);
});

it("chunks of one byte are as many pieces as there were reads", async () => {
  const { pieces, ends } = await slowly(async ({ upstream, ends, resume }) => {
    upstream.write(`${HEAD}${"1\r\nx\r\n".repeat(100_000)}0\r\n\r\n`);
    while (ends.length === 0) {
      resume();
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  expect([pieces.join("").length, ends]).toEqual([100_000, ["end"]]);
  // Of 600 kB; on loopback a read is seldom less than some of these.
  expect(pieces.length).toBeLessThan(2_000);
});
