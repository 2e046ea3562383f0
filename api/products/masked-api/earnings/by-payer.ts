import { getAddress } from "viem";
import type { Db } from "../../../db.ts";
import type { Page } from "../../../identity/page.ts";

export type Payer = {
  payer: string;
  token_address: string;
  sessions: number;
  gross_wei: string;
  first_at: string;
  last_at: string;
};

type Row = {
  payer: string;
  token: string;
  sessions: number;
  gross_wei: string;
  first_at: Date;
  last_at: Date;
};

const PAYERS = `select g.payer, t.token, count(*)::int as sessions, sum(g.amount_wei)::text as gross_wei,
    min(g.created_at) as first_at, max(g.created_at) as last_at
  from app.session_grant g join app.masked_api_terms t using (api_id, version)
  where g.api_id = $1`;

export type Payers = { payers: Payer[]; total: number };

/** Who paid, per token, before the gateway's fee; who bought most comes first. */
export async function earningsByPayer({ pool }: Db, apiId: string, { limit, offset }: Page): Promise<Payers> {
  const { rows } = await pool.query<Row & { total: number }>(
    `with payers as (
       ${PAYERS} group by g.payer, t.token
     ), page as (select * from payers order by sessions desc, payer, token limit $2 offset $3)
     select page.*, counted.total from (select count(*)::int as total from payers) counted left join page on true
     order by sessions desc, payer, token`,
    [apiId, limit, offset],
  );
  return { payers: rows.filter(({ payer }) => payer !== null).map(payerOf), total: rows[0]?.total ?? 0 };
}

const payerOf = ({ payer, token, sessions, gross_wei, first_at, last_at }: Row): Payer => ({
  payer: getAddress(payer),
  token_address: getAddress(token),
  sessions,
  gross_wei,
  first_at: first_at.toISOString(),
  last_at: last_at.toISOString(),
});

const AT_ONCE = 1_000;

/** All of them, by address: in an order that later sales do not change. */
export async function* allPayers({ pool }: Db, apiId: string): AsyncGenerator<Payer[]> {
  let [payer, token] = ["", ""];
  for (;;) {
    const { rows } = await pool.query<Row>(
      `${PAYERS} and (g.payer, t.token) > ($2, $3) group by g.payer, t.token order by g.payer, t.token limit ${AT_ONCE}`,
      [apiId, payer, token],
    );
    yield rows.map(payerOf);
    const last = rows.at(-1);
    if (!last || rows.length < AT_ONCE) return;
    ({ payer, token } = last);
  }
}
