import type { Context } from "hono";
import type { Clock } from "../../../clock.ts";
import type { Db } from "../../../db.ts";
import { invalidField } from "../../../errors.ts";
import { pageFields, pageOf } from "../../../identity/page.ts";
import { spanOf } from "../../../identity/span.ts";
import { DAY_COLUMNS, dayRows, earningsByDay } from "./by-day.ts";
import { allPayers, earningsByPayer } from "./by-payer.ts";
import { csvAnswer } from "./csv.ts";
import { allSales } from "./sales.ts";
import { totalsOf } from "./totals.ts";

export type EarningsDeps = { db: Db; clock: Clock; publicUrl: string };

type Told = { readonly apiId: string; readonly query: Record<string, string>; readonly url: string };
type View = { json(told: Told): Promise<object>; csv(told: Told): Promise<Response> };

/**
 * What was paid for an API: in all, or `?by=day`, or `?by=payer`; as JSON, or as CSV with `?format=csv` or `Accept: text/csv`.
 *
 * @throws ApiError invalid_field
 */
export async function earnings(c: Context, deps: EarningsDeps, apiId: string): Promise<Response> {
  const query = c.req.query();
  const { by = "all", format = prefersCsv(c.req.header("accept")) ? "csv" : "json" } = query;
  const views = viewsOf(deps);
  if (!Object.hasOwn(views, by)) throw invalidField("by", "must be day or payer");
  if (format !== "json" && format !== "csv") throw invalidField("format", "must be json or csv");
  const { pathname, search } = new URL(c.req.url);
  const told = { apiId, query, url: deps.publicUrl + pathname + search };
  const view = views[by as keyof typeof views];
  if (format === "csv") return view.csv(told);
  c.header("Cache-Control", "private, no-store");
  return c.json({ code: "successful", ...(await view.json(told)) });
}

const viewsOf = ({ db, clock }: EarningsDeps): Record<"all" | "day" | "payer", View> => ({
  all: {
    json: async ({ apiId }) => ({ data: { apiId, ...(await totalsOf(db, apiId)) } }),
    csv: ({ apiId }) => csvAnswer({ name: `sales-${apiId}`, columns: SALE_COLUMNS, rows: allSales(db, apiId) }),
  },
  day: {
    json: async ({ apiId, query }) => {
      const span = spanOf(query, clock.nowMs());
      return { data: { apiId, ...span, days: await earningsByDay(db, apiId, span) } };
    },
    csv: ({ apiId, query }) => {
      const span = spanOf(query, clock.nowMs());
      const rows = once(async () => dayRows(await earningsByDay(db, apiId, span)));
      return csvAnswer({ name: `days-${apiId}`, columns: DAY_COLUMNS, rows });
    },
  },
  payer: {
    json: async ({ apiId, query, url }) => {
      const page = pageOf(query);
      const { payers, total } = await earningsByPayer(db, apiId, page);
      return { data: { apiId, payers }, meta: pageFields({ ...page, total, url }) };
    },
    csv: ({ apiId }) => csvAnswer({ name: `payers-${apiId}`, columns: PAYER_COLUMNS, rows: allPayers(db, apiId) }),
  },
});

const SALE_COLUMNS = ["payer", "token_address", "merchant_wallet", "amount_wei", "tx_hash", "binding"].concat([
  "created_at",
  "expires_at",
]);
const PAYER_COLUMNS = ["payer", "token_address", "sessions", "gross_wei", "first_at", "last_at"];

async function* once<T>(read: () => Promise<T>): AsyncGenerator<T> {
  yield await read();
}

/** Named, and not as one of all things. */
const prefersCsv = (accept = ""): boolean => /(?:^|,)\s*text\/csv\s*(?:;|,|$)/i.test(accept);
