import { ApiError } from "../../errors.ts";
import { CALLER_GONE } from "./fault.ts";
import type { Sweep, Timed } from "./sweep.ts";
import type { Fields } from "./wire/answer-head.ts";
import type { Ask, Asker } from "./wire/ask.ts";

/** Where an answer goes. Whatever a sink throws ends the exchange as its fault. */
export type Sink = {
  start(status: number, headers: Fields): void;
  /** False asks for a pause until `Exchange.resume`. */
  data(chunk: Buffer): boolean;
  end(): void;
  fail(error: unknown): void;
};

export type ExchangeLimits = {
  firstByteMs: number;
  idleMs: number;
  totalMs: number;
  eventIdleMs: number;
  eventTotalMs: number;
};

/** `sending`: the caller's body is on its way. `waiting`: for the first header. `body`: the answer moves. */
type Phase = "sending" | "waiting" | "body" | "over";

/** One request and its answer: phases, time limits, pausing, and exactly one end. */
export class Exchange implements Asker, Timed {
  slot = 0;
  /** What is asked of the upstream, once it is. */
  ask: Ask | undefined;
  readonly #sink: Sink;
  readonly #limits: ExchangeLimits;
  readonly #sweep: Sweep;
  #phase: Phase;
  #quietMs = 0;
  #quietLimitMs: number;
  #totalMs = 0;
  #totalLimitMs: number;
  /** The caller is the one who is waited for: for request bytes, or for room to write. */
  #isCallersTurn = false;

  constructor(sink: Sink, limits: ExchangeLimits, context: { sweep: Sweep; hasBody: boolean }) {
    this.#sink = sink;
    this.#limits = limits;
    this.#sweep = context.sweep;
    this.#phase = context.hasBody ? "sending" : "waiting";
    this.#quietLimitMs = limits.firstByteMs;
    this.#totalLimitMs = limits.totalMs;
    this.#sweep.add(this);
  }

  get isOver(): boolean {
    return this.#phase === "over";
  }

  onSent(): void {
    if (this.#phase === "sending") this.#enter("waiting", this.#limits.firstByteMs);
  }

  onHead(status: number, headers: Fields): void {
    if (this.isOver) return;
    if (status > 599) throw new ApiError("upstream_invalid");
    if (status >= 300 && status < 400 && status !== 304) throw new ApiError("upstream_redirect");
    const isEvents = String(headers["content-type"]).startsWith("text/event-stream");
    if (isEvents) this.#totalLimitMs = this.#limits.eventTotalMs;
    this.#enter("body", isEvents ? this.#limits.eventIdleMs : this.#limits.idleMs);
    this.#sink.start(status, headers);
  }

  onData(chunk: Buffer): boolean {
    if (this.isOver) return true;
    this.#quietMs = 0;
    const hasRoom = this.#sink.data(chunk);
    if (!hasRoom) this.#isCallersTurn = true;
    return hasRoom;
  }

  onEnd(): void {
    if (this.#finish()) this.#sink.end();
  }

  onFault(error: unknown): void {
    this.fail(error);
  }

  /** The caller took what was written. */
  resume(): void {
    this.callersTurn(false);
    this.ask?.resume();
  }

  /** A sign of life from the caller's side, and whether he is waited for from now on. */
  callersTurn(isCallersTurn: boolean): void {
    this.#isCallersTurn = isCallersTurn;
    this.#quietMs = 0;
  }

  /** Ends the exchange with a fault, once; later calls change nothing. */
  fail(error: unknown): void {
    if (!this.#finish()) return;
    this.ask?.drop();
    this.#sink.fail(error);
  }

  tick(elapsedMs: number): void {
    this.#quietMs += elapsedMs;
    this.#totalMs += elapsedMs;
    if (this.#quietMs <= this.#quietLimitMs && this.#totalMs <= this.#totalLimitMs) return;
    if (!this.#isCallersTurn) this.fail(this.#late());
    else this.fail(this.#phase === "sending" ? new ApiError("request_timeout") : CALLER_GONE);
  }

  /** Who waits for a connection waits for other callers: the upstream is not down. */
  #late(): ApiError {
    const isAsked = this.ask?.hasConnection ?? true;
    return isAsked ? new ApiError("upstream_timeout") : new ApiError("upstream_busy", { retryAfterSec: 1 });
  }

  #enter(phase: Phase, quietLimitMs: number): void {
    this.#phase = phase;
    this.#quietLimitMs = quietLimitMs;
    this.callersTurn(false);
  }

  #finish(): boolean {
    if (this.isOver) return false;
    this.#phase = "over";
    this.#sweep.remove(this);
    return true;
  }
}
