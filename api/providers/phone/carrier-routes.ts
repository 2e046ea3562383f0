import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { ApiError } from "../../errors.ts";
import { CARRIER_NEWS_BYTES } from "../../limits.ts";
import type { PhoneProvider } from "../phone.ts";

type Deps = { phone: PhoneProvider; log: Logger; clock: Clock };

/**
 * Where the carrier tells us of receipts and messages: what follows its name is for the adapter to read. What cannot be
 * put on record is answered with a 5xx, and told again.
 */
export function carrierRoutes({ phone, log, clock }: Deps): Hono<{ Bindings: HttpBindings }> {
  const routes = new Hono<{ Bindings: HttpBindings }>();
  const noteRefusal = refusalLog({ log, clock });
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
    if (reply.status >= 400) noteRefusal(name, reply.status);
    const type = reply.contentType ?? "text/plain; charset=utf-8";
    return new Response(reply.body ?? null, { status: reply.status, headers: { "Content-Type": type } });
  };
  routes.post("/:name/:what", take);
  routes.post("/:name/:what/:reference", take);
  return routes;
}

const REFUSALS_EVERY_MS = 60_000;

/** Nobody limits how often strangers come here: one line a minute is enough to see that they do. */
function refusalLog({ log, clock }: Pick<Deps, "log" | "clock">): (carrier: string, status: number) => void {
  let times = 0;
  let quietUntilMs = 0;
  return (carrier, status) => {
    times++;
    if (clock.nowMs() < quietUntilMs) return;
    log.warn({ carrier, status, times }, "news of the carrier was refused");
    times = 0;
    quietUntilMs = clock.nowMs() + REFUSALS_EVERY_MS;
  };
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
