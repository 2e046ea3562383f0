/** Something that must not take longer than it may: `tick` is told how much time went by. */
export type Timed = { tick(elapsedMs: number): void };

/**
 * One timer for all exchanges instead of two for each. A limit fires at most two steps late. A stalled event loop counts
 * as two steps, so that our own pause does not cut exchanges whose bytes wait unread in the kernel.
 */
export class Sweep {
  readonly #stepMs: number;
  readonly #running = new Set<Timed>();
  #timer: NodeJS.Timeout | undefined;
  #lastMs = 0;

  constructor(shortestMs: number) {
    this.#stepMs = Math.min(250, Math.max(5, shortestMs / 8));
  }

  add(timed: Timed): void {
    this.#running.add(timed);
    if (this.#timer) return;
    this.#lastMs = performance.now();
    this.#timer = setInterval(() => this.#step(), this.#stepMs);
    this.#timer.unref();
  }

  remove(timed: Timed): void {
    this.#running.delete(timed);
  }

  get size(): number {
    return this.#running.size;
  }

  #step(): void {
    const nowMs = performance.now();
    const elapsedMs = Math.min(nowMs - this.#lastMs, 2 * this.#stepMs);
    this.#lastMs = nowMs;
    for (const timed of this.#running) timed.tick(elapsedMs);
    if (this.#running.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
