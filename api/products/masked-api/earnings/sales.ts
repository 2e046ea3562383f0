import { getAddress } from "viem";
import type { Db } from "../../../db.ts";

/** One session that was sold. */
export type SaleRow = {
  id: string;
  payer: string;
  amount_wei: string;
  token: string;
  merchant: string;
  tx_hash: string;
  binding: string;
  created_at: Date;
  expires_at: Date;
};

export const SALES = `select g.id, g.payer, g.amount_wei::text, t.token, t.merchant, g.tx_hash, g.binding, g.created_at,
    g.expires_at
  from app.session_grant g join app.masked_api_terms t using (api_id, version)`;

export const saleOf = ({ payer, token, merchant, amount_wei, tx_hash, binding, created_at, expires_at }: SaleRow) => ({
  payer: getAddress(payer),
  token_address: getAddress(token),
  merchant_wallet: getAddress(merchant),
  amount_wei,
  tx_hash,
  binding,
  created_at: created_at.toISOString(),
  expires_at: expires_at.toISOString(),
});

const AT_ONCE = 1_000;

/** Every session of an API that was sold, the oldest first; never more of them in memory than `AT_ONCE`. */
export async function* allSales({ pool }: Db, apiId: string): AsyncGenerator<ReturnType<typeof saleOf>[]> {
  let after = "0";
  for (;;) {
    const text = `${SALES} where g.api_id = $1 and g.id > $2 order by g.id limit ${AT_ONCE}`;
    const { rows } = await pool.query<SaleRow>(text, [apiId, after]);
    yield rows.map(saleOf);
    if (rows.length < AT_ONCE) return;
    after = (rows.at(-1) as SaleRow).id;
  }
}
