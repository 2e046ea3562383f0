import type { Clock } from "../../../api/clock.ts";

/** Stands still until it is told to move; then whoever slept long enough wakes. */
export class TestClock implements Clock {
  #nowMs: number;
  readonly #sleepers = new Set<{ untilMs: number; wake: () => void }>();

  constructor(start = "2026-03-26T12:00:00Z") {
    this.#nowMs = Date.parse(start);
  }

  nowMs = () => this.#nowMs;

  get nowSec(): number {
    return Math.floor(this.#nowMs / 1000);
  }

  get sleeping(): number {
    return this.#sleepers.size;
  }

  sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (signal?.aborted) return resolve();
      const sleeper = {
        untilMs: this.#nowMs + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", sleeper.wake, { once: true });
    });

  advance(sec: number): void {
    this.#nowMs += sec * 1000;
    for (const sleeper of [...this.#sleepers]) if (sleeper.untilMs <= this.#nowMs) sleeper.wake();
  }
}
