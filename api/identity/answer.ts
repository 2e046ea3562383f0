import { type ApiError, v1ErrorBody } from "../errors.ts";
import type { Covered } from "../sale.ts";
import { REPLAYED } from "./idempotency-key.ts";

/** What came of a call that was paid, for whichever room it came through to tell its caller. */
export type Answer = {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** The call has been made before, and nothing was done now. */
  readonly isReplay: boolean;
  /** Where its caller asks how it goes on, while it does. */
  readonly statusUrl?: string;
};

/** The answer to a call that needs no payment, whichever till was asked. */
export const coveredAnswer = ({ answer, isReplay }: Covered): Answer => ({ status: 200, body: answer, isReplay });

export type Failing = { readonly error: ApiError; readonly requestId: string; readonly isReplay: boolean };

export const failedAnswer = ({ error, requestId, isReplay }: Failing): Answer => ({
  status: error.status,
  body: v1ErrorBody(error, requestId),
  isReplay,
});

/** The answer over HTTP. */
export function responseOf({ status, body, isReplay, statusUrl }: Answer, more: Record<string, string> = {}): Response {
  const later: Record<string, string> = statusUrl === undefined ? {} : { Location: statusUrl, "Retry-After": "2" };
  const headers = { "Cache-Control": "no-store", ...(isReplay && REPLAYED), ...more, ...later };
  return Response.json(body, { status, headers });
}
