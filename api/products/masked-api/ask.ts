import { ApiError } from "../../errors.ts";
import type { CallDeps } from "./call.ts";
import { API_ID, type MaskedApi } from "./masked-api.ts";
import { type Paid, unlockedBody } from "./unlocked.ts";
import { noSuchApi, unpaidReply } from "./unpaid.ts";

/** A GET of a masked API for whoever came through another room than its URL. */
export type Asking = {
  readonly apiId: string;
  /** Raw, as behind the question mark. */
  readonly query: string;
  /** What `X-402-Session` would hold. */
  readonly session: string | undefined;
  readonly waitSec: number;
  /** Whom a wait counts against. */
  readonly caller: string;
  /** Aborts when nobody listens any more, or has all of the answer. */
  readonly gone: AbortSignal;
};

/** The body is JSON. */
export type Told = { readonly status: 200 | 402; readonly body: string };

/** The price, or the envelope with the upstream's answer once the session is paid. @throws ApiError for everything else */
export async function askMaskedApi(deps: CallDeps, asking: Asking): Promise<Told> {
  const { session, waitSec, caller, gone: signal } = asking;
  const api = await found(deps, asking);
  if (session === undefined) return { status: 402, body: unpaidReply(deps, api, { state: "unknown" }).body };
  const look = () => deps.sessions.find(api, session);
  const standing = await (waitSec === 0 ? look() : deps.wait(look, { waitSec, signal, caller }));
  if (standing.state !== "unlocked") return { status: 402, body: unpaidReply(deps, api, standing).body };
  return { status: 200, body: await unlocked(deps, asking, { api, paid: standing }) };
}

async function found({ catalog }: CallDeps, { apiId, session }: Asking): Promise<MaskedApi> {
  const id = apiId.toLowerCase();
  const api = API_ID.test(id) ? await catalog.find(id) : undefined;
  if (!api || (api.isClosed && session === undefined)) throw noSuchApi();
  if (!api.allowedMethods.has("GET"))
    throw new ApiError("method_not_allowed", { details: { allowed_methods: [...api.allowedMethods] } });
  return api;
}

/** Over MCP an answer is in memory as text, as what it says, and as both in the message that tells them. */
const COPIES = 4;

type Unlocked = { readonly api: MaskedApi; readonly paid: Paid };

async function unlocked(deps: CallDeps, { query, gone: signal }: Asking, { api, paid }: Unlocked): Promise<string> {
  if (signal.aborted) throw new ApiError("request_timeout");
  deps.metrics.unlocked.add(paid.grant.binding);
  deps.counts.count(api.apiId);
  const holding = deps.held.open(api.apiId);
  signal.addEventListener("abort", holding.close, { once: true });
  const hold = (bytes: number) => holding.set(bytes * COPIES);
  return unlockedBody(deps, { api, query, headers: {}, paid, signal, hold });
}
