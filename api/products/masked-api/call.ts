import type { Clock } from "../../clock.ts";
import type { Deps } from "../../deps.ts";
import { ApiError } from "../../errors.ts";
import { callerOf } from "../../identity/callers.ts";
import type { Metrics } from "../../metrics.ts";
import type { Quotes } from "../../payments/session/quotes.ts";
import type { Sessions, Standing } from "../../payments/session/sessions.ts";
import { preferredWaitSec, type Waiter } from "../../payments/session/wait.ts";
import type { Outcome, Upstream } from "../../providers/upstream/target.ts";
import type { CallCounts } from "./call-counts.ts";
import type { Catalog } from "./catalog.ts";
import type { HeldBytes } from "./held-bytes.ts";
import type { ImageLinks } from "./image-links.ts";
import type { MaskedApi } from "./masked-api.ts";
import { type Exchange, replyJson } from "./reply.ts";
import { type Paid, unlockedBody } from "./unlocked.ts";
import { noSuchApi, type Unpaid, unpaidReply } from "./unpaid.ts";

export type CallDeps = {
  catalog: Catalog;
  sessions: Sessions;
  quotes: Quotes;
  wait: Waiter;
  upstream: Upstream;
  imageLinks: ImageLinks;
  held: HeldBytes;
  counts: Pick<CallCounts, "count">;
  metrics: Metrics;
  clock: Clock;
  publicUrl: string;
  limits: Pick<Deps["limits"], "trustedProxies">;
};

/** `/api/<apiId><path>?<query>`, path and query raw as received. */
export type Address = { apiId: string; path: string; query: string };

type Call = Exchange & Address & { api: MaskedApi };

/**
 * Answers a call of a masked API: the price, or what lies behind it once the session is paid. A promise only where
 * something must be waited for: a paid call that needs nothing but memory pays for none.
 *
 * @throws ApiError for everything that the caller is told but 402 and 200
 */
export function callMaskedApi(deps: CallDeps, exchange: Exchange, address: Address): Promise<void> | undefined {
  const api = deps.catalog.peek(address.apiId);
  if (api !== undefined) return callKnown(deps, callOf(exchange, address, api));
  return deps.catalog.find(address.apiId).then((found) => callKnown(deps, callOf(exchange, address, found)));
}

function callOf(exchange: Exchange, address: Address, api: MaskedApi | null | undefined): Call {
  if (!api) throw noSuchApi();
  const { request, response, headers, requestId } = exchange;
  const { apiId, path, query } = address;
  return { request, response, headers, requestId, apiId, path, query, api };
}

function callKnown(deps: CallDeps, call: Call): Promise<void> | undefined {
  const { api, path, query, request } = call;
  const { method = "GET", headers } = request;
  const image = method === "GET" || method === "HEAD" ? deps.imageLinks.read(api.apiId, query) : undefined;
  if (image !== undefined && path === "") return stream(deps, call, { query: image, imagesOnly: true });
  const presented = headers["x-402-session"];
  if (api.isClosed && presented === undefined) throw noSuchApi();
  if (!api.allowedMethods.has(method))
    throw new ApiError("method_not_allowed", { details: { allowed_methods: [...api.allowedMethods] } });

  if (typeof presented !== "string") return replyQuote(deps, call, { state: "unknown" });
  const recalled = deps.sessions.recall(api, presented);
  return recalled ? deliver(deps, call, recalled) : judgeFirst(deps, call, presented);
}

async function judgeFirst(deps: CallDeps, call: Call, presented: string): Promise<void> {
  const standing = await standingOf(deps, call, presented);
  if (standing.state === "unlocked") return deliver(deps, call, standing);
  replyQuote(deps, call, standing);
}

async function standingOf({ sessions, wait, limits }: CallDeps, call: Call, presented: string): Promise<Standing> {
  const look = () => sessions.find(call.api, presented);
  const waitSec = preferredWaitSec(call.request.headers.prefer as string | undefined);
  if (waitSec === 0) return look();
  const caller = callerOf(call.request, limits.trustedProxies);
  return whilePresent(call, (signal) => wait(look, { waitSec, signal, caller }));
}

/** Runs `work` with a signal that aborts when the caller hangs up. */
async function whilePresent<T>({ response }: Call, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  response.once("close", leave);
  try {
    return await work(gone.signal);
  } finally {
    response.off("close", leave);
  }
}

const replyQuote = (deps: CallDeps, call: Call, standing: Unpaid): undefined =>
  void replyJson(call, 402, unpaidReply(deps, call.api, standing));

function deliver(deps: CallDeps, call: Call, paid: Paid): Promise<void> | undefined {
  deps.metrics.unlocked.add(paid.grant.binding);
  deps.counts.count(call.api.apiId);
  const rawQuery = withoutRaw(call.query);
  const isRaw = rawQuery !== undefined || call.path !== "" || call.request.method !== "GET";
  if (isRaw) return stream(deps, call, { query: rawQuery ?? call.query, imagesOnly: false });
  return replyEnvelope(deps, call, paid);
}

/** The query without `raw=1`, or undefined when it does not ask for the raw answer. */
function withoutRaw(query: string): string | undefined {
  if (!query.includes("raw=1")) return undefined;
  const parts = query.split("&");
  const rest = parts.filter((part) => part !== "raw=1");
  return rest.length === parts.length ? undefined : rest.join("&");
}

type Streamed = { query: string; imagesOnly: boolean };

function stream({ upstream, metrics }: CallDeps, call: Call, { query, imagesOnly }: Streamed): undefined {
  const { api, path, headers: answerHeaders, request, response } = call;
  const { url, headers } = api.upstream;
  const onEnd = ({ fault }: Outcome) => {
    if (fault) metrics.faults.add(fault);
  };
  upstream.stream(
    { apiId: api.apiId, url, headers, path, query, imagesOnly, answerHeaders },
    { request, response, onEnd },
  );
}

async function replyEnvelope(deps: CallDeps, call: Call, paid: Paid): Promise<void> {
  if (call.response.destroyed) return;
  const holding = deps.held.open(call.api.apiId);
  call.response.once("close", holding.close);
  const { api, query, request } = call;
  const body = await whilePresent(call, (signal) =>
    unlockedBody(deps, { api, query, headers: request.headers, paid, signal, hold: holding.set }),
  );
  replyJson(call, 200, { body });
}
