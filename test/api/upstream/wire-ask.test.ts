import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { Ask, type Asker, type Question } from "../../../api/providers/upstream/wire/ask.ts";
import { Sending } from "../../../api/providers/upstream/wire/sending.ts";

const nobody: Asker = {
  isOver: false,
  onSent: () => {},
  onHead: () => {},
  onData: () => true,
  onEnd: () => {},
  onFault: () => {},
};
const asking = (parts: Partial<Question>) =>
  new Ask({ origin: "https://x.example", path: "/", method: "POST", headers: [], ...parts }, nobody);

describe("what would be more than one request is none", () => {
  it.each(["\r", "\n", "\0", "\r\nX: y", "\u0100", "\u010a", "\x7f"])("%j, wherever it stands", (text) => {
    for (const parts of [
      { path: `/${text}` },
      { method: `GET${text}` },
      { headers: [`x${text}`, "y"] },
      { headers: ["x", `y${text}`] },
      { headers: ["a", "b", "x", `${text}y`] },
    ])
      expect(() => asking(parts)).toThrow("WIRE_REQUEST");
  });

  it.each([
    { path: "" },
    { path: "/a b" },
    { path: "/\u00e9" },
    { method: "" },
    { method: "GET /" },
    { headers: ["", "x"] },
    { headers: ["x:", "y"] },
  ])("nor is %j", (parts) => {
    expect(() => asking(parts)).toThrow("WIRE_REQUEST");
  });
});

describe("a body", () => {
  async function* pieces(...texts: string[]): AsyncGenerator<Buffer> {
    for (const text of texts) yield Buffer.from(text);
  }
  const sent = async (bodyBytes: number | undefined, ...texts: string[]) => {
    const socket = new PassThrough();
    const ask = asking({ bodyBytes, body: pieces(...texts) });
    const sending = new Sending(socket as unknown as Socket);
    const fault = await sending.whole(ask, ask.body as AsyncIterable<Buffer>, () => true).catch(({ code }) => code);
    const written = (socket.read() as Buffer | null)?.toString().split("\r\n\r\n").slice(1).join("\r\n\r\n");
    return { fault, written, isDone: sending.isDone };
  };

  it("never passes the length that was told, and is never taken for whole before", async () => {
    expect(await sent(5, "he", "llo")).toEqual({ fault: undefined, written: "hello", isDone: true });
    expect(await sent(5, "hell")).toEqual({ fault: "WIRE_REQUEST_LENGTH", written: "hell", isDone: false });
    expect(await sent(5, "hell", "o!")).toEqual({ fault: "WIRE_REQUEST_LENGTH", written: "hell", isDone: false });
    expect(await sent(5)).toEqual({ fault: "WIRE_REQUEST_LENGTH", written: undefined, isDone: false });
  });

  it("of no told length ends where its last chunk says, which no empty piece does before", async () => {
    const written = "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
    expect(await sent(undefined, "he", "", "llo")).toEqual({ fault: undefined, written, isDone: true });
  });
});
