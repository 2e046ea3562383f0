import { type buildConnector, type Dispatcher, Pool } from "undici";
import { ApiError } from "../../errors.ts";
import type { UpstreamLimits } from "./limits.ts";

type Entry = { pool: Pool; usedAt: number };

/** A pool of connections for each upstream. When there are too many upstreams, the one idle for longest makes room. */
export class Pools {
  readonly #entries = new Map<string, Entry>();
  readonly #limits: UpstreamLimits;
  readonly #connector: buildConnector.connector;
  /** Counts requests: an order of use for the price of a number. */
  #now = 0;
  #isClosed = false;

  constructor(limits: UpstreamLimits, connector: buildConnector.connector) {
    this.#limits = limits;
    this.#connector = connector;
  }

  /** @throws ApiError upstream_busy when every upstream has something running */
  dispatch(origin: string, options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    const entry = this.#entries.get(origin) ?? this.#open(origin);
    entry.usedAt = ++this.#now;
    entry.pool.dispatch(options, handler);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#entries.values()].map(({ pool }) => pool.close()));
  }

  #open(origin: string): Entry {
    if (this.#isClosed) throw new ApiError("not_ready");
    if (this.#entries.size >= this.#limits.origins) this.#makeRoom();
    const entry = { pool: poolTo(origin, this.#limits, this.#connector), usedAt: 0 };
    const closeUnused = () => {
      if (entry.pool.stats.connected === 0 && entry.pool.stats.size === 0) this.#close(origin, entry);
    };
    entry.pool.on("disconnect", closeUnused).on("connectionError", closeUnused);
    this.#entries.set(origin, entry);
    return entry;
  }

  #makeRoom(): void {
    const idle = [...this.#entries].filter(([, { pool }]) => pool.stats.size === 0);
    const [first, ...others] = idle;
    if (!first) throw new ApiError("upstream_busy", { retryAfterSec: 1 });
    this.#close(...others.reduce((idlest, other) => (other[1].usedAt < idlest[1].usedAt ? other : idlest), first));
  }

  #close(origin: string, entry: Entry): void {
    if (this.#isClosed || this.#entries.get(origin) !== entry) return;
    this.#entries.delete(origin);
    // Nothing runs in it, so that nothing can fail either.
    void entry.pool.close();
  }
}

function poolTo(origin: string, limits: UpstreamLimits, connect: buildConnector.connector): Pool {
  return new Pool(origin, {
    connect,
    connections: limits.connectionsPerOrigin,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: limits.keepAliveMs,
    // Whatever the upstream asks for: a connection kept for long is a slot kept from others.
    keepAliveMaxTimeout: limits.keepAliveMs,
    maxHeaderSize: limits.headerBytes,
    // The exchange's own limits also cover queueing, sending and a caller who does not read.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}
