import type { IncomingMessage, ServerResponse } from "node:http";
import { type ApiError, errorHeaders, gateErrorBody } from "../../errors.ts";
import { leaveTogether } from "../../outbox.ts";
import { cutWhenStuck, SHORT_BYTES } from "./patience.ts";

/** One request on its way, outside of Hono. `headers` are flat name and value pairs that every answer carries. */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly headers: readonly string[];
  readonly requestId: string;
};

const JSON_HEADERS = [
  ...["Content-Type", "application/json; charset=utf-8"],
  ...["Cache-Control", "private, no-store"],
  ...["X-Content-Type-Options", "nosniff"],
  ...["Vary", "X-402-Session, Prefer"],
];

/** Sends `body`, unless an answer went out before or nobody is there to take it. */
export function replyJson(exchange: Exchange, status: number, { body, headers = [], isAscii = false }: Reply): void {
  const { response } = exchange;
  leaveTogether(response, () => {
    if (response.headersSent || response.destroyed) return;
    const length = isAscii ? body.length : Buffer.byteLength(body);
    response.writeHead(status, [...exchange.headers, ...JSON_HEADERS, ...headers, "Content-Length", String(length)]);
    if (length > SHORT_BYTES) cutWhenStuck(response);
    // A text with as many bytes as characters is ASCII, which Node writes without looking at each character again.
    response.end(body, length === body.length ? "latin1" : "utf8");
  });
}

/** `isAscii` promises that no character is above 127. */
export type Reply = { body: string; headers?: readonly string[]; isAscii?: boolean };

/** Sends what the caller is told of an error, in the dialect of `/api/402/*` and of masked APIs. */
export function replyError(exchange: Exchange, error: ApiError): void {
  const allowed = error.details?.allowed_methods;
  const allow = Array.isArray(allowed) ? ["Allow", allowed.join(", ")] : [];
  const body = JSON.stringify(gateErrorBody(error));
  replyJson(exchange, error.status, { body, headers: [...errorHeaders(error), ...allow] });
}
