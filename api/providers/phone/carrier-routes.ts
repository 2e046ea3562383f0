import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { Logger } from "pino";
import { ApiError } from "../../errors.ts";
import { CARRIER_NEWS_BYTES } from "../../limits.ts";
import type { PhoneProvider } from "../phone.ts";

/**
 * Where the carrier tells us of receipts and messages: what follows its name is for the adapter to read. What cannot be
 * put on record is answered with a 5xx, and told again.
 */
export function carrierRoutes({ phone, log }: { phone: PhoneProvider; log: Logger }): Hono<{ Bindings: HttpBindings }> {
  const routes = new Hono<{ Bindings: HttpBindings }>();
  const take = async (c: Context<{ Bindings: HttpBindings }>): Promise<Response> => {
    const name = c.req.param("name") ?? "";
    if (name !== phone.name || !phone.receive)
      throw new ApiError("unauthorized", { message: "This takes the carrier's signature." });
    const { method } = c.req;
    // As it came: a parser has escaped anew what the signature is made over, where that had a percent sign.
    const target = c.env.incoming.url ?? "/";
    const path = c.req.path.slice(c.req.path.indexOf(`/${name}/`) + name.length + 1);
    const body = await bodyOf(c.req.raw);
    const reply = await phone.receive({ method, path, target, headers: c.req.header(), body });
    if (reply.status >= 400) log.warn({ carrier: name, status: reply.status }, "news of the carrier was refused");
    const type = reply.contentType ?? "text/plain; charset=utf-8";
    return new Response(reply.body ?? null, { status: reply.status, headers: { "Content-Type": type } });
  };
  routes.post("/:name/:what", take);
  routes.post("/:name/:what/:reference", take);
  return routes;
}

async function bodyOf(request: Request): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > CARRIER_NEWS_BYTES) throw new ApiError("body_too_large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
