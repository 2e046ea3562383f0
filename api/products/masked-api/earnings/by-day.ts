import { getAddress } from "viem";
import { DAY_MS } from "../../../clock.ts";
import type { Db } from "../../../db.ts";
import { isoDay, type Span } from "../../../identity/span.ts";
import type { Row } from "./csv.ts";

export type DayOfSales = {
  token_address: string;
  merchant_wallet: string;
  sessions: number;
  payers: number;
  gross_wei: string;
};

export type Day = { readonly day: string; readonly calls: number; readonly sales: readonly DayOfSales[] };

type SalesRow = Omit<DayOfSales, "token_address" | "merchant_wallet"> & {
  day: string;
  token: string;
  merchant: string;
};

/** Every day of the span: paid calls, and what sessions brought in, per token and wallet, before the gateway's fee. */
export async function earningsByDay({ pool }: Db, apiId: string, span: Span): Promise<Day[]> {
  const values = [apiId, span.from, span.to];
  const [sales, calls] = await Promise.all([
    pool.query<SalesRow>(
      `select to_char(g.created_at at time zone 'UTC', 'YYYY-MM-DD') as day, t.token, t.merchant,
         count(*)::int as sessions, count(distinct g.payer)::int as payers, sum(g.amount_wei)::text as gross_wei
       from app.session_grant g join app.masked_api_terms t using (api_id, version)
       where g.api_id = $1 and g.created_at >= $2::timestamp at time zone 'UTC'
         and g.created_at < ($3::timestamp + interval '1 day') at time zone 'UTC'
       group by 1, 2, 3 order by sessions desc, t.token, t.merchant`,
      values,
    ),
    pool.query<{ day: string; calls: string }>(
      `select to_char(day, 'YYYY-MM-DD') as day, calls from app.api_calls
       where api_id = $1 and day between $2::date and $3::date`,
      values,
    ),
  ]);
  const callsOn = new Map(calls.rows.map((row) => [row.day, Number(row.calls)]));
  const salesOn = Map.groupBy(sales.rows, ({ day }) => day);
  return daysOf(span).map((day) => ({
    day,
    calls: callsOn.get(day) ?? 0,
    sales: (salesOn.get(day) ?? []).map(({ day: _, token, merchant, ...sums }) => ({
      token_address: getAddress(token),
      merchant_wallet: getAddress(merchant),
      ...sums,
    })),
  }));
}

function daysOf({ from, to }: Span): string[] {
  const [first, last] = [Date.parse(from) / DAY_MS, Date.parse(to) / DAY_MS];
  return Array.from({ length: last - first + 1 }, (_, index) => isoDay(first + index));
}

/** The same as rows, one for each token of a day; a day's calls stand in its first row alone, so that sums are right. */
export const dayRows = (days: readonly Day[]): Row[] =>
  days.flatMap(({ day, calls, sales }) =>
    (sales.length > 0 ? sales : [NO_SALES]).map((each, index) => ({ day, calls: index === 0 ? calls : 0, ...each })),
  );

const NO_SALES: DayOfSales = { token_address: "", merchant_wallet: "", sessions: 0, payers: 0, gross_wei: "0" };

export const DAY_COLUMNS = ["day", "calls", ...Object.keys(NO_SALES)];
