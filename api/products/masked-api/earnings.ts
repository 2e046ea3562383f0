import { getAddress } from "viem";
import type { Db } from "../../db.ts";
import type { MaskedApi } from "./masked-api.ts";

const RECENT = 50;

type Total = { token: string; merchant: string; sessions: number; payers: number; gross_wei: string };
type Sale = {
  payer: string;
  amount_wei: string;
  token: string;
  tx_hash: string;
  binding: string;
  created_at: Date;
  expires_at: Date;
};

/** What the API's sessions have brought in, per token and wallet, before the gateway's fee; and the latest sales. */
export async function earningsOf(db: Db, api: MaskedApi): Promise<Record<string, unknown>> {
  const totals = await db.pool.query<Total>(
    `select t.token, t.merchant, count(*)::int as sessions, count(distinct g.payer)::int as payers,
       sum(g.amount_wei)::text as gross_wei
     from app.session_grant g join app.masked_api_terms t using (api_id, version)
     where g.api_id = $1 group by t.token, t.merchant order by sessions desc`,
    [api.apiId],
  );
  const recent = await db.pool.query<Sale>(
    `select g.payer, g.amount_wei::text, t.token, g.tx_hash, g.binding, g.created_at, g.expires_at
     from app.session_grant g join app.masked_api_terms t using (api_id, version)
     where g.api_id = $1 order by g.id desc limit ${RECENT}`,
    [api.apiId],
  );
  return {
    apiId: api.apiId,
    totals: totals.rows.map(({ token, merchant, ...sums }) => ({
      token_address: getAddress(token),
      merchant_wallet: getAddress(merchant),
      ...sums,
    })),
    recent: recent.rows.map(({ payer, token, ...sale }) => ({
      payer: getAddress(payer),
      token_address: getAddress(token),
      ...sale,
    })),
  };
}
