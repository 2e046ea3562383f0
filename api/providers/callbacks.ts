import { Agent } from "undici";
import { WEBHOOKS } from "../limits.ts";
import { type Connectors, connectorsOf, guardedConnector } from "./upstream/connector.ts";
import { UPSTREAM_LIMITS } from "./upstream/limits.ts";
import { type Resolve, resolvePublic } from "./upstream/resolve.ts";
import { routeOf, rulesOf } from "./upstream/rules.ts";

export type CallbackOptions = {
  /** Exact `host:port` entries that may be private, http and on any port (UPSTREAM_ALLOW). */
  allow: readonly string[];
  /** Our own `host:port` entries, which are never called. */
  ownHosts: readonly string[];
  /** What a target gets for its whole answer. */
  answerMs?: number;
  resolve?: Resolve;
  /** What opens sockets under the guard; tests only. */
  connectors?: Connectors;
};

/** The way to the URLs that strangers want to be told at, behind the same guard as the way to upstreams. */
export type Callbacks = {
  /**
   * What a POST is answered with: redirects are not followed, and nothing of the body is kept.
   *
   * @throws whatever kept it from an answer; what that says of the target is for nobody outside
   */
  post(url: string, call: Callback): Promise<CallbackAnswer>;
  /** Ends what runs. */
  close(): Promise<void>;
};

export type Callback = { headers: Record<string, string>; body: string; signal: AbortSignal };

export type CallbackAnswer = { status: number; retryAfter: string | undefined };

const KEEP_ALIVE_MS = 4_000;
/** Of an answer's body, so that its connection can be used again; one that is longer is cut off. */
const SWALLOWED_BYTES = 16 * 1024;

export function openCallbacks(options: CallbackOptions): Callbacks {
  const { answerMs = WEBHOOKS.answerMs, resolve = resolvePublic, connectors } = options;
  const rules = rulesOf(options.allow, options.ownHosts);
  const agent = new Agent({
    connect: guardedConnector(rules, connectors ?? connectorsOf(UPSTREAM_LIMITS.connectMs, resolve)),
    connections: WEBHOOKS.atOncePerTarget,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: UPSTREAM_LIMITS.headerBytes,
  });
  return {
    post: async (url, { headers, body, signal: ended }) => {
      const { origin, pathname, query } = routeOf(url, rules);
      const path = query === "" ? pathname : `${pathname}?${query}`;
      const signal = AbortSignal.any([ended, AbortSignal.timeout(answerMs)]);
      const answer = await agent.request({ origin, path, method: "POST", headers, body, signal });
      // Its status is said, so that what goes wrong from here on changes nothing.
      await answer.body.dump({ limit: SWALLOWED_BYTES, signal }).catch(() => {});
      const { statusCode: status, headers: given } = answer;
      return { status, retryAfter: given["retry-after"]?.toString() };
    },
    close: () => agent.destroy(),
  };
}
