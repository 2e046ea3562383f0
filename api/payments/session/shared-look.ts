/**
 * One look per key at a time, however many ask. Who asks while one runs shares the next one: the running one may have
 * begun before what the asker was told of.
 */
export class SharedLook<T> {
  readonly #running = new Map<string, Promise<T>>();
  readonly #next = new Map<string, Promise<T>>();

  run(key: string, look: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key);
    if (!running) return this.#start(key, look);
    const waiting = this.#next.get(key);
    if (waiting) return waiting;
    const start = () => {
      this.#next.delete(key);
      return this.#start(key, look);
    };
    const next = running.then(start, start);
    this.#next.set(key, next);
    return next;
  }

  #start(key: string, look: () => Promise<T>): Promise<T> {
    const running = look().finally(() => {
      if (this.#running.get(key) === running) this.#running.delete(key);
    });
    this.#running.set(key, running);
    return running;
  }
}
