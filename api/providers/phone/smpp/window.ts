import type { Clock } from "../../../clock.ts";
import { SMPP } from "../../../limits.ts";

/** How many submits may be without their answer at once, and when the carrier wants none at all. */
export class Window {
  readonly #clock: Clock;
  #free: number;
  readonly #waiting: (() => void)[] = [];
  #pausedUntilMs = 0;
  #throttles = 0;

  constructor(clock: Clock, size: number) {
    this.#clock = clock;
    this.#free = size;
  }

  /** Runs `work` once there is room; undefined when `signal` aborts first. */
  async within<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
    if (!(await this.#enter(signal))) return undefined;
    try {
      const pauseMs = this.#pausedUntilMs - this.#clock.nowMs();
      if (pauseMs > 0) await this.#clock.sleep(pauseMs, signal);
      return signal.aborted ? undefined : await work();
    } finally {
      this.#leave();
    }
  }

  /** The carrier had too much: nobody submits for a while, longer each time in a row. */
  throttled(): void {
    const nowMs = this.#clock.nowMs();
    // What was on its way already says nothing new.
    if (nowMs < this.#pausedUntilMs) return;
    const { first, longest } = SMPP.throttledSec;
    const sec = Math.min(longest, first * 2 ** Math.min(this.#throttles++, 10));
    this.#pausedUntilMs = nowMs + sec * 1000;
  }

  answered(): void {
    this.#throttles = 0;
  }

  async #enter(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (this.#free > 0) {
      this.#free--;
      return true;
    }
    const turn = Promise.withResolvers<boolean>();
    const come = () => turn.resolve(true);
    const giveUp = () => {
      const place = this.#waiting.indexOf(come);
      if (place >= 0) this.#waiting.splice(place, 1);
      turn.resolve(false);
    };
    this.#waiting.push(come);
    signal.addEventListener("abort", giveUp, { once: true });
    const isIn = await turn.promise;
    signal.removeEventListener("abort", giveUp);
    return isIn;
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}
