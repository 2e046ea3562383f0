import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context } from "hono";
import { ApiError } from "../errors.ts";
import type { Call, Sale } from "../sale.ts";
import type { Asked } from "./asked.ts";
import { readIdempotencyKey } from "./idempotency-key.ts";
import { readJson } from "./json-body.ts";

/**
 * A request as products see it.
 *
 * @throws ApiError bad_request when a credential is given twice, invalid_field, and those of `readJson`
 */
export async function callOf(c: Context): Promise<Call> {
  const credentials = credentialsOf(c);
  const hasBody = c.req.header("transfer-encoding") !== undefined || Number(c.req.header("content-length") ?? 0) > 0;
  return {
    requestId: requestIdOf(c),
    body: hasBody ? await readJson(c.req.raw) : undefined,
    query: new URL(c.req.url).searchParams,
    idempotencyKey: readIdempotencyKey(c.req.header("idempotency-key")),
    ...credentials,
  };
}

/** A request for something that is sold, of which nothing has been read yet. */
export function askedOf(c: Context, sale: Sale): Asked {
  let call: Promise<Call> | undefined;
  return {
    sale,
    requestId: requestIdOf(c),
    hasKey: c.req.header("x-api-key") !== undefined,
    credentials: () => credentialsOf(c),
    query: () => new URL(c.req.url).searchParams,
    // A body can be read once, and two tills may ask for it.
    call: () => {
      call ??= callOf(c);
      return call;
    },
  };
}

/** `Authorization` and `X-API-Key` of a request. @throws ApiError bad_request when one of them is given twice */
export const credentialsOf = (c: Context): Pick<Call, "authorization"> & { apiKey: string | undefined } => ({
  authorization: sole(c, "authorization"),
  apiKey: sole(c, "x-api-key"),
});

/** As every answer's `X-Request-Id` has it. */
export const requestIdOf = (c: Context): string => String(bindings(c).outgoing.getHeader("X-Request-Id"));

/** A proxy in front of us may have looked at the other one of two. */
function sole(c: Context, name: string): string | undefined {
  const values = bindings(c).incoming.headersDistinct[name];
  if (values !== undefined && values.length > 1)
    throw new ApiError("bad_request", { message: `The header ${name} is given twice.` });
  return values?.[0];
}

const bindings = (c: Context) => c.env as { incoming: IncomingMessage; outgoing: ServerResponse };
