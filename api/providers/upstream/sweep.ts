/** Something that must not take longer than it may: `tick` is told how much time went by. */
export type Timed = {
  tick(elapsedMs: number): void;
  /** Kept by the sweep. */
  slot: number;
};

/**
 * One timer for all exchanges instead of two for each. A limit fires at most two steps late. A stalled event loop counts
 * as two steps, so that our own pause does not cut exchanges whose bytes wait unread in the kernel.
 *
 * A list with slots and not a Set: V8 links each of a Set's outgrown tables to the next one, and a table that grew old
 * keeps alive whatever was in all later ones until the next full collection (measured: 25 us of collection a request).
 */
export class Sweep {
  readonly #stepMs: number;
  readonly #running: Timed[] = [];
  #timer: NodeJS.Timeout | undefined;
  #lastMs = 0;

  constructor(shortestMs: number) {
    this.#stepMs = Math.min(250, Math.max(5, shortestMs / 8));
  }

  add(timed: Timed): void {
    timed.slot = this.#running.push(timed) - 1;
    if (this.#timer) return;
    this.#lastMs = performance.now();
    this.#timer = setInterval(() => this.#step(), this.#stepMs);
    this.#timer.unref();
  }

  /** Once for each `add`. */
  remove(timed: Timed): void {
    const last = this.#running.pop();
    if (last === undefined || last === timed) return;
    this.#running[timed.slot] = last;
    last.slot = timed.slot;
  }

  #step(): void {
    const nowMs = performance.now();
    const elapsedMs = Math.min(nowMs - this.#lastMs, 2 * this.#stepMs);
    this.#lastMs = nowMs;
    // Backwards: one that ends here is replaced by one that had its turn.
    for (let slot = this.#running.length - 1; slot >= 0; slot--) this.#running[slot]?.tick(elapsedMs);
    if (this.#running.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
