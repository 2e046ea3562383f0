import type pg from "pg";
import type { Wallet } from "../../identity/siwe.ts";
import { dollarsOf } from "../../prices.ts";

export type Credit = { order_id: string; amount_usd: number; item: string; created_at: string };

/** What payers are owed. Sums are made when somebody asks, never kept. */
export type Credits = { of(wallet: Wallet): Promise<{ credits: Credit[]; balanceMicroUsd: bigint }> };

const CREDITS = `
  select c.order_id, c.amount_micro_usd, c.created_at, o.sale_id
  from app.credit c join app.x402_order o on o.id = c.order_id
  where c.payer = $1 and c.revoked_at is null and ($2::int is null or c.chain_id = $2)
  order by c.created_at desc`;

type Row = { order_id: string; amount_micro_usd: string; created_at: Date; sale_id: string };

export function createCredits(pool: pg.Pool): Credits {
  return {
    of: async ({ address, onlyChainId }) => {
      const values = [address.toLowerCase(), onlyChainId ?? null];
      const { rows } = await pool.query<Row>({ name: "x402-credits", text: CREDITS, values });
      return {
        credits: rows.map(creditOf),
        balanceMicroUsd: rows.reduce((sum, row) => sum + BigInt(row.amount_micro_usd), 0n),
      };
    },
  };
}

const creditOf = (row: Row): Credit => ({
  order_id: row.order_id,
  amount_usd: dollarsOf(BigInt(row.amount_micro_usd)),
  item: row.sale_id,
  created_at: row.created_at.toISOString(),
});
