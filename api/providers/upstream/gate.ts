import { ApiError, type ErrorCode } from "../../errors.ts";

type Lane = { running: number; faults: number; openUntilMs: number };

/** Faults that say the upstream is down, as opposed to having answered something odd. */
const DOWN: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["upstream_unreachable", "upstream_timeout", "upstream_tls"]);

export type GateLimits = { concurrentPerApi: number; breakerFaults: number; breakerMs: number };

/**
 * Per API: how many exchanges may run, and a breaker. After so many consecutive faults it answers at once for a while;
 * then one more exchange is let through, and its fault alone closes the door again.
 */
export class Gate {
  readonly #lanes = new Map<string, Lane>();
  readonly #limits: GateLimits;
  readonly #nowMs: () => number;

  constructor(limits: GateLimits, nowMs: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /** @throws ApiError upstream_busy, upstream_unreachable */
  enter(apiId: string): void {
    const lane = this.#lanes.get(apiId);
    if (!lane) {
      this.#lanes.set(apiId, { running: 1, faults: 0, openUntilMs: 0 });
      return;
    }
    if (lane.running >= this.#limits.concurrentPerApi) throw new ApiError("upstream_busy", { retryAfterSec: 1 });
    if (lane.faults >= this.#limits.breakerFaults) this.#probe(lane);
    lane.running++;
  }

  leave(apiId: string, fault: ErrorCode | undefined): void {
    const lane = this.#lanes.get(apiId);
    if (!lane) return;
    lane.running--;
    if (fault !== undefined && DOWN.has(fault)) {
      lane.faults++;
      if (lane.faults >= this.#limits.breakerFaults) lane.openUntilMs = this.#nowMs() + this.#limits.breakerMs;
    } else if (fault === undefined) lane.faults = 0;
    if (lane.running === 0 && lane.faults === 0) this.#lanes.delete(apiId);
  }

  #probe(lane: Lane): void {
    const leftMs = lane.openUntilMs - this.#nowMs();
    if (leftMs > 0) throw new ApiError("upstream_unreachable", { retryAfterSec: leftMs / 1000 });
    lane.openUntilMs = this.#nowMs() + this.#limits.breakerMs;
  }
}
