import { ApiError, type ErrorCode } from "../../errors.ts";

type Lane = { running: number; faults: number; openUntilMs: number };

/** Faults that say the upstream is down, as opposed to having answered something odd. */
const DOWN: ReadonlySet<Fault> = new Set<Fault>(["upstream_unreachable", "upstream_timeout", "upstream_tls"]);

/** Faults in what it answered: it is there. All others are the caller's or our own, and say nothing of it. */
const ODD: ReadonlySet<Fault> = new Set<Fault>(["upstream_invalid", "upstream_redirect", "upstream_too_large"]);

/** How an exchange ended; undefined is well. */
export type Fault = ErrorCode | "client_gone" | undefined;

export type GateLimits = { concurrentPerApi: number; breakerFaults: number; breakerMs: number };

/**
 * Per API: how many exchanges may run, and a breaker. After so many consecutive faults it answers at once for a while;
 * then one more exchange is let through, and its fault alone closes the door again. One that ends without telling how
 * the upstream is makes way for another.
 */
export class Gate {
  readonly #lanes = new Map<string, Lane>();
  readonly #limits: GateLimits;
  readonly #nowMs: () => number;

  constructor(limits: GateLimits, nowMs: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /** Returns whether this is the one that tries a closed door. @throws ApiError upstream_busy, upstream_unreachable */
  enter(apiId: string): boolean {
    const lane = this.#lanes.get(apiId);
    if (!lane) {
      this.#lanes.set(apiId, { running: 1, faults: 0, openUntilMs: 0 });
      return false;
    }
    if (lane.running >= this.#limits.concurrentPerApi) throw new ApiError("upstream_busy", { retryAfterSec: 1 });
    const isProbe = lane.faults >= this.#limits.breakerFaults;
    if (isProbe) this.#probe(lane);
    lane.running++;
    return isProbe;
  }

  /** @param isProbe what `enter` returned */
  leave(apiId: string, fault: Fault, isProbe: boolean): void {
    const lane = this.#lanes.get(apiId);
    if (!lane) return;
    lane.running--;
    if (fault === undefined || ODD.has(fault)) lane.faults = 0;
    else if (DOWN.has(fault)) this.#count(lane);
    else if (isProbe) lane.openUntilMs = this.#nowMs();
    if (lane.running === 0 && lane.faults === 0) this.#lanes.delete(apiId);
  }

  #count(lane: Lane): void {
    lane.faults++;
    if (lane.faults >= this.#limits.breakerFaults) lane.openUntilMs = this.#nowMs() + this.#limits.breakerMs;
  }

  #probe(lane: Lane): void {
    const leftMs = lane.openUntilMs - this.#nowMs();
    if (leftMs > 0) throw new ApiError("upstream_unreachable", { retryAfterSec: leftMs / 1000 });
    lane.openUntilMs = this.#nowMs() + this.#limits.breakerMs;
  }
}
