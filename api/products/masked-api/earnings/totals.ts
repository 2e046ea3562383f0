import { getAddress } from "viem";
import type { Db } from "../../../db.ts";
import type { JsonObject } from "../../../sale.ts";
import { SALES, type SaleRow, saleOf } from "./sales.ts";

const RECENT = 50;

type Total = { token: string; merchant: string; sessions: number; payers: number; gross_wei: string };

/** What the API's sessions have brought in, per token and wallet, before the gateway's fee; paid calls; the latest sales. */
export async function totalsOf({ pool }: Db, apiId: string): Promise<JsonObject> {
  const [totals, recent, calls] = await Promise.all([
    pool.query<Total>(
      `select t.token, t.merchant, count(*)::int as sessions, count(distinct g.payer)::int as payers,
         sum(g.amount_wei)::text as gross_wei
       from app.session_grant g join app.masked_api_terms t using (api_id, version)
       where g.api_id = $1 group by t.token, t.merchant order by sessions desc`,
      [apiId],
    ),
    pool.query<SaleRow>(`${SALES} where g.api_id = $1 order by g.id desc limit ${RECENT}`, [apiId]),
    pool.query<{ calls: string }>("select coalesce(sum(calls), 0) as calls from app.api_calls where api_id = $1", [
      apiId,
    ]),
  ]);
  return {
    calls: Number(calls.rows[0]?.calls),
    totals: totals.rows.map(({ token, merchant, ...sums }) => ({
      token_address: getAddress(token),
      merchant_wallet: getAddress(merchant),
      ...sums,
    })),
    recent: recent.rows.map(saleOf),
  };
}
