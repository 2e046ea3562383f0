import pg from "pg";
import type { Clock } from "../clock.ts";

/** Ponder announces every block that it indexed here, with the list of the tables that changed. */
const CHANNEL = "onchain_live_query";
const NOTHING_CHANGED = "[]";

/** A wait ends after this long without news: a stale index sends none while the chain goes on. */
const TICK_MS = 1_000;
const RECONNECT_MS = 250;

export type News = {
  next(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

export type NewsDeps = {
  databaseUrl: string;
  clock: Clock;
  log: { warn(fields: object, message: string): void };
  /** A block without payments is news too, because it confirms earlier ones. */
  everyBlock: boolean;
};

/** Listens on a connection of its own, and again after each loss; without it, waits end by the tick. */
export async function openNews(deps: NewsDeps): Promise<News> {
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  const ear = new Ear(deps, wake);
  await ear.listen();
  return {
    next: async (signal) => {
      const over = new AbortController();
      const tick = deps.clock.sleep(TICK_MS, AbortSignal.any([signal, over.signal]));
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.add(resolve);
      await Promise.race([promise, tick]);
      waiting.delete(resolve);
      over.abort();
    },
    close: async () => {
      await ear.close();
      wake();
    },
  };
}

class Ear {
  readonly #deps: NewsDeps;
  readonly #wake: () => void;
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(deps: NewsDeps, wake: () => void) {
    this.#deps = deps;
    this.#wake = wake;
  }

  async listen(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#deps.databaseUrl,
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
    });
    this.#client = client;
    const lost = () => this.#lost(client);
    client.on("error", lost);
    client.on("end", lost);
    client.on("notification", ({ payload }) => {
      if (this.#deps.everyBlock || payload !== NOTHING_CHANGED) this.#wake();
    });
    // What changed while nobody listened is unknown, so whoever waits looks again.
    await client
      .connect()
      .then(() => client.query(`listen ${CHANNEL}`))
      .then(this.#wake, lost);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#client?.end().catch(() => {});
  }

  #lost(client: pg.Client): void {
    if (this.#closed || this.#client !== client) return;
    this.#client = undefined;
    client.end().catch(() => {});
    this.#deps.log.warn({}, "no news from the index until its database is back");
    this.#timer = setTimeout(() => void this.listen(), RECONNECT_MS);
    this.#timer.unref();
  }
}
