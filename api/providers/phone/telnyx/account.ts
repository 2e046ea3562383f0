import type { Logger } from "pino";
import { z } from "zod";
import type { Clock } from "../../../clock.ts";
import type { Db } from "../../../db.ts";
import type { TelnyxEnv } from "../../../env/telnyx.ts";
import { type CarrierAsk, type CarrierHttp, type CarrierTold, openCarrierHttp } from "../carrier-http.ts";

/** As PHONE_CARRIER names it. */
export const TELNYX = "telnyx";

export type TelnyxDeps = {
  db: Db;
  clock: Clock;
  log: Logger;
  publicUrl: string;
  timeoutMs?: { connect: number; ask: number; act: number };
};

/** An account, and the way there. */
export type Account = TelnyxDeps & { env: TelnyxEnv; http: CarrierHttp };

export function openAccount(env: TelnyxEnv, deps: TelnyxDeps): Account {
  const headers = { authorization: `Bearer ${env.apiKey}`, "content-type": "application/json" };
  const { timeoutMs } = deps;
  return {
    ...deps,
    env,
    http: openCarrierHttp(deps, { carrier: TELNYX, url: env.url, headers, ...(timeoutMs && { timeoutMs }) }),
  };
}

const failures = z.object({
  errors: z.array(z.object({ code: z.union([z.string(), z.number()]).transform(String) }).loose()).min(1),
});

/**
 * What Telnyx made of a request. `refused`: it said no in its own words, and nothing has come of it; `codes` are its
 * reasons. `unsent` and `none` are the way's own (carrier-http.ts).
 */
export type Reply<Data> =
  | { kind: "data"; data: Data }
  | { kind: "refused"; status: number; codes: string[] }
  | { kind: "unsent" }
  | { kind: "none" };

/** Said to mean that there was not the time to find out, or somebody else to ask. */
const NO_REFUSALS = new Set([408, 409, 425]);

export async function ask<Data>(
  { http }: Account,
  asked: Omit<CarrierAsk, "method">,
  shape: z.ZodType<Data>,
): Promise<Reply<Data>> {
  return replyOf(await http.ask({ ...asked, method: "GET" }), shape);
}

export async function act<Data>(
  { http }: Account,
  { body, ...asked }: Omit<CarrierAsk, "body"> & { body?: object },
  shape: z.ZodType<Data>,
): Promise<Reply<Data>> {
  const told = await http.act({ ...asked, ...(body && { body: JSON.stringify(body) }) });
  return replyOf(told, shape);
}

function replyOf<Data>(told: CarrierTold, shape: z.ZodType<Data>): Reply<Data> {
  if (told.kind !== "answer") return told;
  const { status, json } = told;
  if (status >= 200 && status < 300) {
    const read = shape.safeParse(json);
    return read.success ? { kind: "data", data: read.data } : { kind: "none" };
  }
  const said = failures.safeParse(json);
  const isRefusal = status >= 400 && status < 500 && !NO_REFUSALS.has(status) && said.success;
  return isRefusal ? { kind: "refused", status, codes: said.data.errors.map(({ code }) => code) } : { kind: "none" };
}

/** `filter[a][b]=c&…`, as Telnyx takes its filters. */
export function queryOf(filters: Readonly<Record<string, string>>): string {
  return `?${new URLSearchParams(filters)}`;
}
