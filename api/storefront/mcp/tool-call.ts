import type { IncomingMessage, ServerResponse } from "node:http";
import type { CallToolRequest } from "@modelcontextprotocol/sdk/types.js";
import type { Context } from "hono";
import type { Deps } from "../../deps.ts";
import { ApiError, invalidField } from "../../errors.ts";
import type { Credentials } from "../../identity/account.ts";
import { credentialsOf, requestIdOf } from "../../identity/call.ts";
import { callerOf } from "../../identity/callers.ts";
import { readCarried } from "../../payments/x402/header.ts";
import type { JsonObject } from "../../sale.ts";
import type { ToolCall } from "./tool.ts";

type Params = CallToolRequest["params"];

/** One call of a tool out of the request that carries it. */
export function toolCallOf({ limits }: Pick<Deps, "limits">, c: Context, { arguments: args, _meta }: Params): ToolCall {
  const { incoming, outgoing } = c.env as { incoming: IncomingMessage; outgoing: ServerResponse };
  const meta = (_meta ?? {}) as Readonly<Record<string, unknown>>;
  const gone = new AbortController();
  if (outgoing.destroyed) gone.abort();
  outgoing.once("close", () => gone.abort());
  const payment = PAYMENTS.map((name) => meta[name]).find((one) => one !== undefined);
  return {
    requestId: requestIdOf(c),
    // What comes as JSON is nothing else.
    args: args as JsonObject | undefined,
    carriesPayment: payment !== undefined,
    payment: () => (payment === undefined ? undefined : readCarried(payment)),
    credentials: () => credentialsIn(c, meta[API_KEY]),
    caller: callerOf(incoming, limits.trustedProxies),
    gone: gone.signal,
  };
}

/** Where payments come: of x402's own transport and Cloudflare's, and of x402-mcp. */
const PAYMENTS = ["x402/payment", "x402.payment"] as const;
const API_KEY = "turnpike/api-key";
const KEY_AS_BEARER = /^Bearer +(tpk_\S*)$/i;

/**
 * Many clients can be given a bearer token, and no other header: a key may come as one.
 *
 * @throws ApiError bad_request when it is not clear whose money it is, invalid_field
 */
function credentialsIn(c: Context, carried: unknown): Credentials {
  if (carried !== undefined && typeof carried !== "string") throw invalidField(`_meta["${API_KEY}"]`, "must be a text");
  const { apiKey, authorization } = credentialsOf(c);
  const bearer = KEY_AS_BEARER.exec(authorization ?? "")?.[1];
  const [key, other] = new Set([carried, apiKey, bearer].filter((one) => one !== undefined));
  if (other !== undefined) throw new ApiError("bad_request", { message: "Two different API keys are given." });
  return { apiKey: key, authorization: bearer === undefined ? authorization : undefined };
}
