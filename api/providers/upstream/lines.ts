import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { buildConnector } from "undici";
import { ApiError, type ErrorCode } from "../../errors.ts";
import { CALLER_GONE, faultOf, reasonOf } from "./fault.ts";
import { Gate } from "./gate.ts";
import type { UpstreamLimits } from "./limits.ts";
import { type Mask, maskOf } from "./mask.ts";
import { Pools } from "./pools.ts";
import { type Route, type Rules, routeOf } from "./rules.ts";
import { Sweep } from "./sweep.ts";
import type { RenderFault } from "./target.ts";
import type { Ask, Asker, Question } from "./wire/ask.ts";

/** The part of pino that is used here. */
export type FaultLog = { warn(fields: { apiId: string; code: ErrorCode; reason: string }, message: string): void };

export type LineOptions = {
  rules: Rules;
  limits: UpstreamLimits;
  connector: buildConnector.connector;
  log: FaultLog;
  render: RenderFault;
};

const ROUTES_KEPT = 10_000;
const VIA_KEPT_CHARS = 512;

/** The open lines to all upstreams, with what every exchange over them shares. */
export class Lines {
  readonly limits: UpstreamLimits;
  readonly sweep: Sweep;
  readonly render: RenderFault;
  readonly #options: LineOptions;
  readonly #pools: Pools;
  readonly #gate: Gate;
  readonly #routes = new Map<string, Route>();
  readonly #token: string;

  constructor(options: LineOptions) {
    const { limits, rules, connector } = options;
    this.#options = options;
    this.limits = limits;
    this.render = options.render;
    this.sweep = new Sweep(Math.min(limits.firstByteMs, limits.idleMs, limits.totalMs));
    this.#gate = new Gate(limits);
    // Every process of one deployment names itself alike, so a loop through another process is seen too.
    this.#token = `turnpike-${createHash("sha256")
      .update([...rules.own].join())
      .digest("hex")
      .slice(0, 12)}`;
    this.#pools = new Pools(limits, connector);
  }

  /** @throws ApiError upstream_busy when too many other upstreams have something running */
  send(question: Question, asker: Asker): Ask {
    return this.#pools.send(question, asker);
  }

  /** @throws ApiError upstream_blocked: the rules may have changed since the API was created */
  routeOf(url: string): Route {
    const kept = this.#routes.get(url);
    if (kept) return kept;
    const route = routeOrBlocked(url, this.#options.rules);
    if (this.#routes.size >= ROUTES_KEPT) this.#routes.delete(this.#routes.keys().next().value ?? "");
    this.#routes.set(url, route);
    return route;
  }

  maskOf(url: string): Mask {
    return this.#routes.get(url)?.mask ?? maskOf(new URL(url));
  }

  /** Our entry behind those of other Turnpikes that the request came through. @throws ApiError upstream_loop */
  viaOf(incoming: IncomingHttpHeaders): string {
    const own = `1.1 ${this.#token}`;
    if (incoming.via === undefined) return own;
    const others = incoming.via.split(",").filter((entry) => entry.includes("turnpike-"));
    if (others.some((entry) => entry.includes(this.#token)) || incoming.via.length > VIA_KEPT_CHARS) {
      throw new ApiError("upstream_loop");
    }
    return [...others.map((entry) => entry.trim()), own].join(", ");
  }

  /** Returns what `leave` wants to know. @throws ApiError upstream_busy, upstream_unreachable */
  enter(apiId: string): boolean {
    return this.#gate.enter(apiId);
  }

  leave(apiId: string, error: unknown, isProbe: boolean): void {
    const fault = error === undefined || error === CALLER_GONE ? undefined : faultOf(error);
    this.#gate.leave(apiId, error === CALLER_GONE ? "client_gone" : fault?.code, isProbe);
    if (fault?.code.startsWith("upstream_"))
      this.#options.log.warn({ apiId, code: fault.code, reason: reasonOf(error) }, "upstream fault");
  }

  async close(): Promise<void> {
    await this.#pools.close();
  }
}

function routeOrBlocked(url: string, rules: Rules): Route {
  try {
    return routeOf(url, rules);
  } catch {
    throw new ApiError("upstream_blocked");
  }
}
