import type { Socket } from "node:net";
import type { Ask } from "./ask.ts";
import { WireFault } from "./wire-fault.ts";

/** The way of requests onto a socket. */
export class Sending {
  /** Something of the request was written: before, there can be no answer to it. */
  hasBegun = false;
  /** All of it was. */
  isDone = false;
  readonly #socket: Socket;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("drain", () => this.wake());
  }

  head(ask: Ask): void {
    this.#socket.write(`${ask.head}${ask.isBodyExpected ? "content-length: 0\r\n" : ""}\r\n`, "latin1");
    this.hasBegun = true;
    this.isDone = true;
  }

  /** The head goes with the first piece. Stops silently when `isWanted` no more; rejects with what the body throws. */
  async whole(ask: Ask, body: AsyncIterable<Buffer>, isWanted: () => boolean): Promise<void> {
    this.hasBegun = false;
    this.isDone = false;
    let bytes = 0;
    for await (const piece of body) {
      if (!isWanted()) return;
      bytes += piece.length;
      if (bytes > (ask.bodyBytes ?? bytes)) throw new WireFault("WIRE_REQUEST_LENGTH");
      if (!this.#piece(ask, piece)) await this.#drained();
    }
    if (isWanted()) this.#end(ask, bytes);
  }

  /** The socket takes more, or nothing any more. */
  wake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  #piece(ask: Ask, piece: Buffer): boolean {
    // One of no length would say that this was all.
    if (piece.length === 0) return true;
    const isChunked = ask.bodyBytes === undefined;
    this.#socket.cork();
    if (!this.hasBegun) {
      const framing = isChunked ? "transfer-encoding: chunked" : `content-length: ${ask.bodyBytes}`;
      this.#socket.write(`${ask.head}${framing}\r\n\r\n`, "latin1");
      this.hasBegun = true;
    }
    if (isChunked) this.#socket.write(`${piece.length.toString(16)}\r\n`, "latin1");
    const hasRoom = this.#socket.write(piece);
    if (isChunked) this.#socket.write("\r\n", "latin1");
    this.#socket.uncork();
    return hasRoom;
  }

  #end(ask: Ask, bytes: number): void {
    if (bytes < (ask.bodyBytes ?? bytes)) throw new WireFault("WIRE_REQUEST_LENGTH");
    if (!this.hasBegun) this.head(ask);
    else if (ask.bodyBytes === undefined) this.#socket.write("0\r\n\r\n", "latin1");
    this.isDone = true;
  }

  #drained(): Promise<void> | undefined {
    if (this.#socket.destroyed) return undefined;
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
