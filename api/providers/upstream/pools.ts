import type { buildConnector } from "undici";
import { ApiError } from "../../errors.ts";
import type { UpstreamLimits } from "./limits.ts";
import { Ask, type Asker, type Question } from "./wire/ask.ts";
import { Origin } from "./wire/origin.ts";

/** Connections for each upstream. When there are too many upstreams, the one idle for longest makes room. */
export class Pools {
  readonly #origins = new Map<string, Origin>();
  readonly #limits: UpstreamLimits;
  readonly #connector: buildConnector.connector;
  /** Counts requests: an order of use for the price of a number. */
  #now = 0;
  #sweeper: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(limits: UpstreamLimits, connector: buildConnector.connector) {
    this.#limits = limits;
    this.#connector = connector;
  }

  /** @throws ApiError not_ready when closed, upstream_busy when every upstream has something running */
  send(question: Question, asker: Asker): Ask {
    const ask = new Ask(question, asker);
    if (this.#isClosed) throw new ApiError("not_ready");
    const origin = this.#origins.get(question.origin) ?? this.#open(question.origin);
    origin.usedAt = ++this.#now;
    origin.send(ask);
    return ask;
  }

  /** Waits for what runs. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#origins.values()].map((origin) => origin.close()));
  }

  #open(name: string): Origin {
    if (this.#origins.size >= this.#limits.origins) this.#makeRoom();
    const origin = new Origin(name, {
      limits: this.#limits,
      connector: this.#connector,
      onUnused: () => this.#forget(name, origin),
    });
    this.#origins.set(name, origin);
    this.#sweeper ??= setInterval(() => this.#sweep(), Math.min(250, this.#limits.keepAliveMs / 8)).unref();
    return origin;
  }

  #makeRoom(): void {
    const idle = [...this.#origins].filter(([, origin]) => !origin.isBusy);
    const [first, ...others] = idle;
    if (!first) throw new ApiError("upstream_busy", { retryAfterSec: 1 });
    const [name, origin] = others.reduce(
      (idlest, other) => (other[1].usedAt < idlest[1].usedAt ? other : idlest),
      first,
    );
    this.#forget(name, origin);
    // Nothing runs in it, so that nothing can fail either.
    void origin.close();
  }

  #forget(name: string, origin: Origin): void {
    if (this.#origins.get(name) !== origin) return;
    this.#origins.delete(name);
    if (this.#origins.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const origin of this.#origins.values()) origin.sweep(nowMs);
  }
}
