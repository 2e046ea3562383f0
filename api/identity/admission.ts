import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Deps } from "../deps.ts";
import { ApiError } from "../errors.ts";
import { CACHE, REQUEST } from "../limits.ts";
import { callerOf, createRateLimit, type RateLimit } from "./callers.ts";

/** Masked calls have a limit of their own; probes of operators, preflights and what pages load from us have none. */
export type Room = "masked-api" | "control" | "free";

/** What every answer to this request carries, and why the request must not go on, if so. */
export type Admission = {
  readonly requestId: string;
  /** Flat name and value pairs. */
  readonly headers: readonly string[];
  readonly refusal: ApiError | undefined;
};

export type Admit = (request: IncomingMessage, room: Room) => Admission;

/** Every origin may call: credentials are headers that a page must know, never cookies. */
const CORS = [
  ...["Access-Control-Allow-Origin", "*"],
  "Access-Control-Expose-Headers",
  "X-Request-Id, X-RateLimit-Remaining, Retry-After, Payment-Required, Payment-Response, X-Payment-Response, Idempotent-Replayed, Location, ETag",
];

/** Clients of x402 send a response header's name as a request header, and browsers ask about it. */
export const PREFLIGHT = [
  ...["Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE"],
  "Access-Control-Allow-Headers",
  [
    ...["Authorization", "Content-Type", "X-402-Session", "Prefer", "Payment-Signature", "Payment"],
    ...[
      "Payment-Response",
      "X-Payment",
      "X-API-Key",
      "Idempotency-Key",
      "Access-Control-Expose-Headers",
      "Sign-In-With-X",
    ],
    ...["Mcp-Session-Id", "Mcp-Protocol-Version", "If-None-Match", "Range", "Accept-Language"],
  ].join(", "),
  ...["Access-Control-Max-Age", "86400"],
];

/** The same for what is not HTTP and was therefore never counted against a caller. */
export const strayHeaders = (): string[] => [...CORS, "X-Request-Id", randomUUID(), "X-RateLimit-Remaining", "0"];

/** Request id, CORS and rate limit, the same for every path. */
export function createAdmit({ limits, clock, stopping }: Pick<Deps, "limits" | "clock" | "stopping">): Admit {
  const { rateLimitPerMin, maskedRateLimitPerMin, trustedProxies } = limits;
  const limitOf = (perMin: number) => createRateLimit(perMin, clock, CACHE.rateLimitKeys);
  const rateLimits: Partial<Record<Room, RateLimit>> = { control: limitOf(rateLimitPerMin) };
  if (maskedRateLimitPerMin > 0) rateLimits["masked-api"] = limitOf(maskedRateLimitPerMin);

  return (request, room) => {
    const requestId = randomUUID();
    const headers = CORS.concat(["X-Request-Id", requestId]);
    // Ends kept-alive connections one by one while the process stops.
    if (stopping.aborted) headers.push("Connection", "close");
    if ((request.url?.length ?? 0) > REQUEST.urlChars)
      return { requestId, headers: [...headers, "X-RateLimit-Remaining", "0"], refusal: new ApiError("url_too_long") };
    const allowance = rateLimits[room]?.take(callerOf(request, trustedProxies));
    headers.push("X-RateLimit-Remaining", String(Math.max(0, allowance?.remaining ?? rateLimitPerMin)));
    if (!allowance || allowance.remaining >= 0) return { requestId, headers, refusal: hostFault(request) };
    const refusal = new ApiError("rate_limited", { retryAfterSec: allowance.retryAfterSec });
    return { requestId, headers, refusal };
  };
}

/** Ours to find out, because Node's own 400 has none of these headers. HTTP/1.0 knows no host, and probes speak it. */
function hostFault({ headers, httpVersion }: IncomingMessage): ApiError | undefined {
  if (headers.host !== undefined || httpVersion !== "1.1") return undefined;
  return new ApiError("bad_request", { message: "The request names no host." });
}
