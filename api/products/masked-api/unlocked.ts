import type { IncomingHttpHeaders } from "node:http";
import { isoOfSec } from "../../clock.ts";
import type { Grant } from "../../payments/session/grants.ts";
import type { Upstream } from "../../providers/upstream/target.ts";
import { upstreamJson } from "./envelope.ts";
import type { ImageLinks } from "./image-links.ts";
import { type MaskedApi, publicProjection } from "./masked-api.ts";

export type Paid = { sessionId: string; grant: Grant };

export type UnlockedDeps = { upstream: Upstream; imageLinks: ImageLinks; publicUrl: string };

export type Unlocking = {
  readonly api: MaskedApi;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly paid: Paid;
  /** Aborts when the caller hangs up. */
  readonly signal: AbortSignal;
  /** Told how many bytes are in memory for this answer. */
  hold(bytes: number): void;
};

/** Asks the upstream, and puts what it answers into the envelope. @throws ApiError */
export async function unlockedBody(deps: UnlockedDeps, unlocking: Unlocking): Promise<string> {
  const { api, query, headers, paid, signal, hold } = unlocking;
  const answer = await deps.upstream.fetch(
    { apiId: api.apiId, ...api.upstream, path: "", query },
    { headers, signal, hold },
  );
  const session = {
    id: paid.grant.id,
    session_id_hex: `0x${paid.sessionId}`,
    expires_at: isoOfSec(paid.grant.expiresAtSec),
    binding: paid.grant.binding,
  };
  const upstream = upstreamJson(answer, () => deps.imageLinks.urlOf(api.apiId, query));
  const shown = projected(api, deps.publicUrl);
  const body = `{"code":"successful","data":{"api":${shown},"session":${JSON.stringify(session)},"upstream":${upstream}}}`;
  hold(Buffer.byteLength(body));
  return body;
}

const projections = new WeakMap<MaskedApi, string>();

function projected(api: MaskedApi, publicUrl: string): string {
  let json = projections.get(api);
  if (json === undefined) {
    json = JSON.stringify(publicProjection(api, publicUrl));
    projections.set(api, json);
  }
  return json;
}
