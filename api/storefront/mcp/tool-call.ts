import type { IncomingMessage, ServerResponse } from "node:http";
import type { CallToolRequest } from "@modelcontextprotocol/sdk/types.js";
import type { Context } from "hono";
import type { Deps } from "../../deps.ts";
import { invalidField } from "../../errors.ts";
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
  outgoing.once("close", () => gone.abort());
  return {
    requestId: requestIdOf(c),
    // What comes as JSON is nothing else.
    args: args as JsonObject | undefined,
    payment: () => {
      const given = PAYMENTS.map((name) => meta[name]).find((one) => one !== undefined);
      return given === undefined ? undefined : readCarried(given);
    },
    credentials: () => credentialsIn(c, meta[API_KEY]),
    caller: callerOf(incoming, limits.trustedProxies),
    gone: gone.signal,
  };
}

/** Where payments come: of x402's own transport and Cloudflare's, and of x402-mcp. */
const PAYMENTS = ["x402/payment", "x402.payment"] as const;
const API_KEY = "turnpike/api-key";
const KEY_AS_BEARER = /^Bearer +(tpk_\S*)$/i;

/** Many clients can be given a bearer token, and no other header: a key may come as one. */
function credentialsIn(c: Context, carried: unknown): Credentials {
  if (carried !== undefined && typeof carried !== "string") throw invalidField(`_meta["${API_KEY}"]`, "must be a text");
  const { apiKey, authorization } = credentialsOf(c);
  const bearer = KEY_AS_BEARER.exec(authorization ?? "")?.[1];
  return { apiKey: carried ?? apiKey ?? bearer, authorization: bearer === undefined ? authorization : undefined };
}
