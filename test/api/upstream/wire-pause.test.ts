import { once } from "node:events";
import { connect, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { Ask, type Asker } from "../../../api/providers/upstream/wire/ask.ts";
import { Connection } from "../../../api/providers/upstream/wire/connection.ts";
import { listening } from "./proxy.ts";

const HEAD = "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";

/** An asker who wants a pause after each piece, of an upstream that says all at once and hangs up. */
async function slowly(text: string): Promise<{ pieces: string[]; ends: unknown[] }> {
  const server = createServer((socket) => void socket.once("data", () => socket.end(text)));
  const socket = connect(await listening(server), "127.0.0.1");
  await once(socket, "connect");
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
  new Connection(socket, keeper).send(ask);
  await once(socket, "close");
  expect(pieces).toHaveLength(1);
  for (let seen = 0; seen < pieces.length; ) {
    seen = pieces.length;
    ask.resume();
  }
  await new Promise((resolve) => server.close(resolve));
  return { pieces, ends };
}

describe("an upstream that hung up while its answer waited for room at the caller's", () => {
  it("was whole: so is the answer", async () => {
    const text = `${HEAD}3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n`;
    expect(await slowly(text)).toEqual({ pieces: ["one", "two", "three"], ends: ["end"] });
  });

  it("was not: neither is the answer", async () => {
    const text = `${HEAD}3\r\none\r\n3\r\ntwo\r\n5\r\nthr`;
    expect(await slowly(text)).toEqual({ pieces: ["one", "two", "thr"], ends: ["WIRE_CLOSED"] });
  });
});
