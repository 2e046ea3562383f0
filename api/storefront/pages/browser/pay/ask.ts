import { type Answer, type Method, type Refusal, refusalOf, send } from "../api.ts";
import type { PayData } from "./data.ts";
import { bodyIn } from "./exact-json.ts";
import type { Quote } from "./quote.ts";

export type Session = {
  readonly session_id_hex: string;
  readonly expires_at: string;
  readonly binding: "bound" | "public";
};

export type Upstream = {
  readonly status: number;
  readonly content_type: string;
  readonly encoding?: "base64";
  readonly body: unknown;
  /** As it was written. */
  readonly bodyText: string;
};

/** What the masked API said. Times are this machine's, however wrong its clock is. */
export type Said =
  | { kind: "unlocked"; session: Session; upstream: Upstream; expiresAt: number }
  /** `isOurs`: it is for the session that was asked with, so that its payment may be on its way. */
  | { kind: "quote"; quote: Quote; isOurs: boolean; payableUntil: number }
  /** It was paid, and what lies behind it did not answer. */
  | { kind: "upstream-failed"; refusal: Refusal }
  /** Whether it is paid cannot be asked without calling what lies behind it. */
  | { kind: "unasked" };

export type Question = { sessionId?: string; waitSec?: number; signal?: AbortSignal };

/** Every call does something there, so that none may be made just to look. */
export const isBlind = ({ methods }: Pick<PayData, "methods">): boolean => !methods.includes("GET");

/** Asks the masked API for its price, or with a session for its answer. @throws Refusal for everything else */
export async function ask({ apiId, methods }: PayData, { sessionId, waitSec, signal }: Question = {}): Promise<Said> {
  if (sessionId && isBlind({ methods })) return { kind: "unasked" };
  const method = isBlind({ methods }) ? (methods.find((each) => each !== "HEAD") ?? "GET") : "GET";
  const headers = {
    ...(sessionId && { "X-402-Session": sessionId }),
    ...(waitSec && { Prefer: `wait=${waitSec}` }),
  };
  const answer = await send(method as Method, `/api/${apiId}`, { headers, ...(signal && { signal }) });
  return read(answer, sessionId);
}

function read(answer: Answer, sessionId: string | undefined): Said {
  const { code, data } = (answer.body ?? {}) as { code?: string; data?: unknown };
  const hereOf = (iso: string) => Date.parse(iso) - skewOf(answer.headers);
  if (answer.status === 200 && code === "successful") {
    const { session, upstream } = data as Unlocked;
    const read = { ...upstream, bodyText: bodyIn(answer.text) };
    return { kind: "unlocked", session, upstream: read, expiresAt: hereOf(session.expires_at) };
  }
  if (answer.status === 402 && data) {
    const quote = data as Quote;
    const isOurs = quote.session_id === sessionId;
    return { kind: "quote", quote, isOurs, payableUntil: hereOf(quote.expires_at) };
  }
  const refusal = refusalOf(answer);
  if (refusal.code.startsWith("upstream_")) return { kind: "upstream-failed", refusal };
  throw refusal;
}

type Unlocked = { session: Session; upstream: Upstream };

/** By how much the server's clock is ahead of ours. */
function skewOf(headers: Headers): number {
  const theirs = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(theirs) ? 0 : theirs - Date.now();
}
