import { isIP } from "node:net";
import { isBlocked } from "./blocked.ts";
import { type Connectors, connectorsOf, guardedConnector } from "./connector.ts";
import { fetch } from "./fetch.ts";
import { checkHeaders } from "./headers.ts";
import { UPSTREAM_LIMITS, type UpstreamLimits } from "./limits.ts";
import { type FaultLog, Lines } from "./lines.ts";
import { type Resolve, resolvePublic } from "./resolve.ts";
import { type Rules, refused, routeOf, rulesOf } from "./rules.ts";
import { stream } from "./stream.ts";
import type { RenderFault, Upstream } from "./target.ts";

export type UpstreamOptions = {
  /** Exact `host:port` entries that may be private, http and on any port (UPSTREAM_ALLOW). */
  allow: readonly string[];
  /** Our own `host:port` entries: of PUBLIC_URL, and of the listening address. Never called, not even when allowed. */
  ownHosts: readonly string[];
  log: FaultLog;
  /** Overrides of `UPSTREAM_LIMITS`. */
  limits?: Partial<UpstreamLimits>;
  /** Body of a fault in streaming mode. */
  render: RenderFault;
  /** Name look-up for everything that is not in `allow`. */
  resolve?: Resolve;
  /** PEM of an additional trust root. */
  ca?: string;
  /** What opens sockets under the guard; tests only. */
  connectors?: Connectors;
};

/**
 * The only way to a merchant's server.
 *
 * @example
 * const ownHosts = ["pay.example.com:443", "127.0.0.1:8402"];
 * const upstream = createUpstream({ allow: env.upstreamAllow, ownHosts, log, render: (error) => error.code });
 * await upstream.check("https://api.example.com/v1/data");
 */
export function createUpstream(options: UpstreamOptions): Upstream {
  const { resolve = resolvePublic, log, render } = options;
  const limits = { ...UPSTREAM_LIMITS, ...options.limits };
  const rules = rulesOf(options.allow, options.ownHosts);
  const tls = options.ca === undefined ? {} : { ca: options.ca };
  const connectors = options.connectors ?? connectorsOf(limits.connectMs, resolve, tls);
  const lines = new Lines({ rules, limits, log, render, connector: guardedConnector(rules, connectors) });
  return {
    check: (url) => check(url, rules, resolve),
    checkHeaders,
    fetch: (target, request = {}) => fetch(lines, target, request),
    stream: (target, caller) => stream(lines, target, caller),
    close: () => lines.close(),
  };
}

async function check(url: string, rules: Rules, resolve: Resolve): Promise<void> {
  const { hostname, isAllowed } = routeOf(url, rules);
  if (isAllowed || isIP(hostname) !== 0) return;
  const addresses = await resolve(hostname).catch(() => []);
  if (addresses.length === 0) throw refused("not_resolved");
  if (addresses.some(isBlocked)) throw refused("private_address");
}
