import { type Clock, isoOfSec } from "../../clock.ts";
import type { Deps } from "../../deps.ts";
import { ApiError } from "../../errors.ts";
import { callerOf } from "../../identity/callers.ts";
import { RETRY_AFTER } from "../../limits.ts";
import type { Metrics } from "../../metrics.ts";
import type { Grant } from "../../payments/session/grants.ts";
import type { Quotes } from "../../payments/session/quotes.ts";
import type { Sessions, Standing } from "../../payments/session/sessions.ts";
import { preferredWaitSec, type Waiter } from "../../payments/session/wait.ts";
import type { Outcome, Target, Upstream } from "../../providers/upstream/target.ts";
import type { CallCounts } from "./call-counts.ts";
import type { Catalog } from "./catalog.ts";
import { upstreamJson } from "./envelope.ts";
import type { HeldBytes } from "./held-bytes.ts";
import type { ImageLinks } from "./image-links.ts";
import { type MaskedApi, publicProjection } from "./masked-api.ts";
import { type Exchange, replyJson } from "./reply.ts";

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

type Unpaid = Exclude<Standing, { state: "unlocked" }>;
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

function replyQuote(deps: CallDeps, call: Call, standing: Unpaid): undefined {
  // Pausing and deleting stop sales; who already has a quote may have paid it, and is not told that all is over.
  if (standing.state !== "pending") refuseUnlessOnSale(call.api);
  deps.metrics.quotes.add();
  const fresh = () => deps.quotes.dataOf(deps.quotes.issue(call.api.terms[0]));
  if (standing.state === "pending") replyJson(call, 402, pendingReply(deps, standing));
  else if (standing.state === "unknown") replyJson(call, 402, { body: `${REQUIRED}${fresh()}}`, isAscii: true });
  else replyJson(call, 402, { body: `${EXPIRED}${fresh()},"meta":${JSON.stringify(metaOf(standing))}}` });
}

const noSuchApi = () => new ApiError("not_found", { message: "There is no API with this id." });

function refuseUnlessOnSale({ status, isClosed }: MaskedApi): void {
  if (isClosed) throw noSuchApi();
  if (status === "paused") throw new ApiError("api_paused");
}

function pendingReply({ quotes }: CallDeps, { quote, receivedWei }: Extract<Unpaid, { state: "pending" }>) {
  const received = receivedWei > 0n ? `,"meta":{"received_wei":"${receivedWei}"}` : "";
  const body = `${PENDING}${quotes.dataOf(quote)}${received}}`;
  return { body, headers: ["Retry-After", String(RETRY_AFTER.pendingSec)], isAscii: true };
}

function metaOf({ sessionId, expiredAtSec }: Extract<Unpaid, { state: "expired" }>) {
  return { previous_session: `0x${sessionId}`, expired_at: isoOfSec(expiredAtSec) };
}

const answerHead = (code: string, message: string) => `{"code":"${code}","message":"${message}","data":`;
const REQUIRED = answerHead("payment_required", "Make one of the calls on chain, then ask again as next says.");
const PENDING = answerHead("payment_required", "No sufficient payment of this session was seen yet.");
const EXPIRED = answerHead("session_expired", "The session has expired. This is a fresh one to pay for.");

type Paid = { sessionId: string; grant: Grant };

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
  const { headers } = call.request;
  const answer = await whilePresent(call, (signal) =>
    deps.upstream.fetch(targetOf(call), { headers, signal, hold: holding.set }),
  );
  const session = {
    id: paid.grant.id,
    session_id_hex: `0x${paid.sessionId}`,
    expires_at: isoOfSec(paid.grant.expiresAtSec),
    binding: paid.grant.binding,
  };
  const upstream = upstreamJson(answer, () => deps.imageLinks.urlOf(call.api.apiId, call.query));
  const api = projected(call.api, deps.publicUrl);
  const body = `{"code":"successful","data":{"api":${api},"session":${JSON.stringify(session)},"upstream":${upstream}}}`;
  holding.set(Buffer.byteLength(body));
  replyJson(call, 200, { body });
}

const targetOf = ({ api, path, query }: Call): Target => ({ apiId: api.apiId, ...api.upstream, path, query });

const projections = new WeakMap<MaskedApi, string>();

function projected(api: MaskedApi, publicUrl: string): string {
  let json = projections.get(api);
  if (json === undefined) {
    json = JSON.stringify(publicProjection(api, publicUrl));
    projections.set(api, json);
  }
  return json;
}
