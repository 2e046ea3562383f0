import type { Socket } from "node:net";
import type { AnswerHead } from "./answer-head.ts";
import { checkUnfinished, readAnswerHead } from "./answer-head.ts";
import type { Ask, Carrier } from "./ask.ts";
import { Chunks } from "./chunks.ts";
import { framingOf, keptMs } from "./framing.ts";
import { Sending } from "./sending.ts";
import { WireFault } from "./wire-fault.ts";

/** Who keeps connections between two requests. */
export type Keeper = {
  readonly headerBytes: number;
  readonly keepAliveMs: number;
  /** Its answer is over, and it may be used again until `idleUntilMs`. */
  released(connection: Connection): void;
  /** May be told more than once. */
  closed(connection: Connection): void;
};

type Body = { kind: "length"; left: number } | { kind: "chunked"; chunks: Chunks } | { kind: "close" };

const HEAD_END = Buffer.from("\r\n\r\n");

/** One socket to an upstream, and the one request that is on it. What comes unasked ends it. */
export class Connection implements Carrier {
  /** By the clock of `performance.now`. */
  idleUntilMs = 0;
  readonly #socket: Socket;
  readonly #keeper: Keeper;
  readonly #sending: Sending;
  #ask: Ask | undefined;
  #body: Body | undefined;
  #keptMs = 0;
  /** Bytes of heads so far, those of 1xx answers included. */
  #headBytes = 0;
  #partOfHead: Buffer | undefined;
  #isPaused = false;
  #fault: unknown;

  constructor(socket: Socket, keeper: Keeper) {
    this.#socket = socket;
    this.#keeper = keeper;
    this.#sending = new Sending(socket);
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", (error) => {
      this.#fault ??= error;
    });
    socket.on("end", () => this.#takeEnd());
    socket.on("close", () => this.#takeClose());
  }

  get isClosed(): boolean {
    return this.#socket.destroyed;
  }

  send(ask: Ask): void {
    this.#ask = ask;
    ask.carrier = this;
    ask.hasConnection = true;
    this.#headBytes = 0;
    if (ask.body) return void this.#sendWhole(ask, ask.body);
    this.#sending.head(ask);
    ask.asker.onSent();
  }

  /** The asker is gone, or wants no more: what is under way can be stopped by closing alone. */
  drop(ask: Ask): void {
    if (this.#ask === ask) this.close();
  }

  resume(ask: Ask): void {
    if (this.#ask !== ask || !this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  /** At once; no asker is told. */
  close(): void {
    this.#ask = undefined;
    this.#socket.destroy();
    this.#keeper.closed(this);
  }

  async #sendWhole(ask: Ask, body: AsyncIterable<Buffer>): Promise<void> {
    try {
      await this.#sending.whole(ask, body, () => this.#ask === ask);
      if (this.#ask === ask) ask.asker.onSent();
    } catch (error) {
      this.#fail(ask, error);
    }
  }

  #take(bytes: Buffer): void {
    const ask = this.#ask;
    if (ask && this.#sending.hasBegun) this.#takeFor(ask, bytes);
    else if (ask) this.#fail(ask, new WireFault("WIRE_UNASKED"));
    else this.close();
  }

  #takeFor(ask: Ask, bytes: Buffer): void {
    try {
      let rest = bytes;
      while (rest.length > 0 && this.#ask === ask)
        rest = this.#body ? this.#takeBody(ask, rest) : this.#takeHead(ask, rest);
      if (rest.length > 0) this.close();
    } catch (error) {
      this.#fail(ask, error);
    }
  }

  #takeHead(ask: Ask, bytes: Buffer): Buffer {
    const all = this.#partOfHead ? Buffer.concat([this.#partOfHead, bytes]) : bytes;
    const end = all.indexOf(HEAD_END);
    if (this.#headBytes + (end < 0 ? all.length : end) > this.#keeper.headerBytes)
      throw new WireFault("WIRE_HEAD_TOO_LARGE");
    if (end < 0) {
      checkUnfinished(all.toString("latin1"));
      this.#partOfHead = all;
      return all.subarray(all.length);
    }
    this.#partOfHead = undefined;
    this.#headBytes += end;
    const head = readAnswerHead(all.toString("latin1", 0, end + 2));
    const rest = all.subarray(end + 4);
    if (head.status >= 200) this.#start(ask, head);
    // Nobody asked to go on or to speak something else; the others are hints, and the answer follows.
    else if (head.status <= 101) throw new WireFault("WIRE_STATUS");
    return rest;
  }

  #start(ask: Ask, head: AnswerHead): void {
    const framing = framingOf(head, ask.method);
    this.#keptMs = ask.isLast ? 0 : keptMs(head, framing, this.#keeper.keepAliveMs);
    if (framing.kind === "length") this.#body = { kind: "length", left: framing.bytes };
    else if (framing.kind === "close") this.#body = framing;
    else this.#body = { kind: "chunked", chunks: new Chunks(this.#keeper.headerBytes) };
    ask.asker.onHead(head.status, head.headers);
    if (framing.kind === "length" && framing.bytes === 0) this.#end(ask);
  }

  #takeBody(ask: Ask, bytes: Buffer): Buffer {
    const body = this.#body as Body;
    if (body.kind === "chunked") return this.#takeChunk(ask, body.chunks, bytes);
    const data = body.kind === "length" && bytes.length > body.left ? bytes.subarray(0, body.left) : bytes;
    this.#deliver(ask, data);
    if (body.kind === "length") {
      body.left -= data.length;
      if (body.left === 0) this.#end(ask);
    }
    return bytes.subarray(data.length);
  }

  #takeChunk(ask: Ask, chunks: Chunks, bytes: Buffer): Buffer {
    const { rest, data } = chunks.take(bytes);
    if (data.length > 0) this.#deliver(ask, data);
    if (chunks.isWhole) this.#end(ask);
    return rest;
  }

  #deliver(ask: Ask, data: Buffer): void {
    if (ask.asker.onData(data) || this.#ask !== ask) return;
    this.#isPaused = true;
    this.#socket.pause();
  }

  #end(ask: Ask): void {
    if (this.#ask !== ask) return;
    this.#ask = undefined;
    this.#body = undefined;
    if (this.#isPaused) {
      this.#isPaused = false;
      this.#socket.resume();
    }
    // An answer that came before all of the request was sent: the rest of it would be the next request.
    if (this.#keptMs === 0 || !this.#sending.isDone) this.close();
    else {
      this.idleUntilMs = performance.now() + this.#keptMs;
      this.#keeper.released(this);
    }
    ask.asker.onEnd();
  }

  #takeEnd(): void {
    const ask = this.#ask;
    if (ask && this.#body?.kind === "close") this.#end(ask);
    else if (ask) this.#fail(ask, this.#cut());
    else this.close();
  }

  #takeClose(): void {
    this.#sending.wake();
    const ask = this.#ask;
    if (ask) this.#fail(ask, this.#fault ?? this.#cut());
    else this.#keeper.closed(this);
  }

  /** An upstream that leaves while a caller keeps the first piece of his body to himself is not down. */
  #cut(): WireFault {
    return new WireFault(this.#sending.hasBegun ? "WIRE_CLOSED" : "WIRE_UNSENT");
  }

  #fail(ask: Ask, error: unknown): void {
    if (this.#ask !== ask) return;
    this.close();
    ask.asker.onFault(error);
  }
}
