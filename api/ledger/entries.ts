import type { AccountId, Queryable } from "../ledger.ts";

/** What the holder of an account reads of a movement. */
export type Entry = {
  readonly kind: "deposit" | "topup" | "credit" | "hold" | "release" | "reversal";
  /** 1e-6 USD; below zero, when it left the account. */
  readonly amountMicroUsd: bigint;
  readonly item: string | undefined;
  readonly orderId: string | undefined;
  readonly keyId: string | undefined;
  readonly cause: string;
  readonly createdAt: Date;
};

export type Page = {
  readonly limit: number;
  readonly offset: number;
  /** Only what this key spent, got back or brought in. */
  readonly onlyKeyId?: string | undefined;
};

/** Newest first, in the order in which the balance changed. What only carries a sum from folio to folio is left out. */
export async function entriesOf(on: Queryable, accountIds: AccountId | readonly AccountId[], page: Page) {
  const values = [[accountIds].flat(), page.onlyKeyId ?? null, page.limit, page.offset];
  const { rows } = await on.query<Row>({ name: "ledger-entries", text: ENTRIES, values });
  return rows.map(entryOf);
}

/** How many entries `entriesOf` tells in all. */
export async function countOf(on: Queryable, accountIds: readonly AccountId[], onlyKeyId?: string): Promise<number> {
  const values = [accountIds, onlyKeyId ?? null];
  const { rows } = await on.query({ name: "ledger-count", text: COUNT, values });
  return Number(rows[0].count);
}

const OF_THEM = `
  from (
    select entry.*, -amount_micro_usd as amount, debit_id as account_id from app.ledger_entry entry
      where debit_id = any ($1::bigint[]) and debit_folio > 0
    union all
    select entry.*, amount_micro_usd, credit_id from app.ledger_entry entry
      where credit_id = any ($1::bigint[]) and credit_folio > 0) as entry
  where kind <> 'carry' and ($2::uuid is null or key_id = $2
    or order_id in (select order_id from app.key_top_up where key_id = $2))`;
const ENTRIES = `
  select kind, amount, item, order_id, key_id, cause, created_at ${OF_THEM}
  order by created_at desc, entry_id desc limit $3 offset $4`;
const COUNT = `select count(*) ${OF_THEM}`;

type Row = {
  kind: Entry["kind"];
  amount: string;
  item: string | null;
  order_id: string | null;
  key_id: string | null;
  cause: string;
  created_at: Date;
};

const entryOf = (row: Row): Entry => ({
  kind: row.kind,
  amountMicroUsd: BigInt(row.amount),
  item: row.item ?? undefined,
  orderId: row.order_id ?? undefined,
  keyId: row.key_id ?? undefined,
  cause: row.cause,
  createdAt: row.created_at,
});
