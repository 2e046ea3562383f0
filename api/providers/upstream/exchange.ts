import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import { ApiError } from "../../errors.ts";
import { CALLER_GONE } from "./fault.ts";
import type { Sweep, Timed } from "./sweep.ts";

/** Where an answer goes. Whatever a sink throws ends the exchange as its fault. */
export type Sink = {
  start(status: number, headers: IncomingHttpHeaders): void;
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

/** One request and its answer as undici's handler: phases, time limits, pausing, and exactly one end. */
export class Exchange implements Dispatcher.DispatchHandler, Timed {
  slot = 0;
  readonly #sink: Sink;
  readonly #limits: ExchangeLimits;
  readonly #sweep: Sweep;
  #controller: Dispatcher.DispatchController | undefined;
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

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.isOver) controller.abort(CALLER_GONE);
  }

  onRequestSent(): void {
    if (this.#phase === "sending") this.#enter("waiting", this.#limits.firstByteMs);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.isOver) return;
    if (status > 599) throw new ApiError("upstream_invalid");
    if (status >= 300 && status < 400 && status !== 304) throw new ApiError("upstream_redirect");
    const isEvents = String(headers["content-type"]).startsWith("text/event-stream");
    if (isEvents) this.#totalLimitMs = this.#limits.eventTotalMs;
    this.#enter("body", isEvents ? this.#limits.eventIdleMs : this.#limits.idleMs);
    this.#sink.start(status, headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.isOver) return;
    this.#quietMs = 0;
    if (this.#sink.data(chunk)) return;
    this.#isCallersTurn = true;
    controller.pause();
  }

  onResponseEnd(): void {
    if (this.#finish()) this.#sink.end();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  /** The caller took what was written. */
  resume(): void {
    this.callersTurn(false);
    this.#controller?.resume();
  }

  /** A sign of life from the caller's side, and whether he is waited for from now on. */
  callersTurn(isCallersTurn: boolean): void {
    this.#isCallersTurn = isCallersTurn;
    this.#quietMs = 0;
  }

  /** Ends the exchange with a fault, once; later calls change nothing. */
  fail(error: unknown): void {
    if (!this.#finish()) return;
    this.#controller?.abort(CALLER_GONE);
    this.#sink.fail(error);
  }

  tick(elapsedMs: number): void {
    this.#quietMs += elapsedMs;
    this.#totalMs += elapsedMs;
    if (this.#quietMs <= this.#quietLimitMs && this.#totalMs <= this.#totalLimitMs) return;
    if (!this.#isCallersTurn) this.fail(new ApiError("upstream_timeout"));
    else this.fail(this.#phase === "sending" ? new ApiError("request_timeout") : CALLER_GONE);
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
