import type pg from "pg";
import type { Queryable } from "../../ledger.ts";

/** One payment that the chain or the ledger tells of, and the other in another way. */
export type Unequal = {
  readonly chainId: number;
  readonly payer: string;
  readonly txHash: string | null;
  /** Absent: it is not in the index. */
  readonly nonce: string | null;
  readonly isIndexed: boolean;
  readonly orderId: string | null;
  readonly cause: string | null;
  readonly settled: bigint;
  readonly posted: bigint;
  readonly block: bigint | null;
  readonly blockTime: number | null;
  /** An order watches it still: it may be posted, or taken back. */
  readonly isWatched: boolean;
};

/** What the operator has given back to a payer on chain, in all. */
export type Refunded = { readonly chainId: number; readonly payer: string; readonly refunded: bigint };

export type Totals = {
  readonly chainId: number;
  readonly headBlock: bigint | null;
  readonly settled: bigint;
  readonly posted: bigint;
  readonly refunded: bigint;
};

export type Escrowed = { readonly orderId: string; readonly inEscrow: bigint; readonly expected: bigint };
export type Kept = { readonly accountId: string; readonly balance: bigint; readonly inOpenFolio: bigint };

export type Books = {
  readonly totals: readonly Totals[];
  readonly unequal: readonly Unequal[];
  readonly refunds: readonly Refunded[];
  readonly escrow: bigint;
  readonly escrowed: readonly Escrowed[];
  readonly kept: readonly Kept[];
  readonly sum: bigint;
};

// By order, where there is one; plain transfers by their cause.
const ITEMS = `
  with posted as (
    select coalesce(order_id::text, cause) as item, min(chain_id) as chain_id, min(payer) as payer,
      sum(case when debit_id = 1 then amount_micro_usd else -amount_micro_usd end) as posted
    from app.ledger_entry where debit_id = 1 or credit_id = 1 group by 1),
  settled as (
    select case when s.nonce is null then 'transfer:' || s.chain_id || ':' || s.tx_hash || ':' || s.log_index
        else coalesce(o.id::text, 'authorization:' || s.chain_id || ':' || s.payer || ':' || s.nonce) end as item,
      min(s.chain_id) as chain_id, min(s.payer) as payer, min(s.tx_hash) as tx_hash, min(s.nonce) as nonce,
      sum(s.amount) as settled, max(s.block_number) as block, max(s.block_time) as block_time
    from onchain.settlement s
    left join app.x402_order o on o.chain_id = s.chain_id and o.payer = s.payer and o.nonce = s.nonce
    group by 1),
  item as (
    select item, coalesce(settled.chain_id, posted.chain_id) as chain_id,
      coalesce(settled.payer, posted.payer) as payer, settled.tx_hash, settled.nonce, settled.block, settled.block_time,
      settled.item is not null as is_indexed, coalesce(settled, 0) as settled, coalesce(posted, 0) as posted
    from settled full join posted using (item))`;

const TOTALS = `${ITEMS}
  select coalesce(item.chain_id, chain.chain_id)::int as chain_id, coalesce(sum(settled), 0) as settled,
    coalesce(sum(posted), 0) as posted, substr(min(chain.latest_checkpoint), 27, 16)::numeric as head,
    (select coalesce(sum(refunded), 0) from onchain.balance b where b.chain_id = item.chain_id) as refunded
  from item left join onchain._ponder_checkpoint chain on chain.chain_id = item.chain_id
  group by item.chain_id, chain.chain_id order by 1`;

const UNEQUAL = `${ITEMS}
  select item.*, o.id as order_id, o.due_at is not null as is_watched
  from item left join app.x402_order o on o.id::text = item.item
  where settled <> posted order by item.block nulls last, item.item`;

const REFUNDS = "select chain_id, payer, refunded from onchain.balance where refunded > 0 order by chain_id, payer";

const ESCROW = `
  with escrow as (
    select order_id, sum(case when credit_id = 2 then amount_micro_usd else -amount_micro_usd end) as amount
    from app.ledger_entry where debit_id = 2 or credit_id = 2 group by order_id),
  expected as (
    select id as order_id, settled_micro_usd as price from app.x402_order where state = 'settled'
    union all
    select id, price_micro_usd from app.balance_order where state = 'held'
    union all
    select order_id, price_micro_usd from app.code_order where state in ('buying', 'waiting'))
  select order_id, coalesce(amount, 0) as amount, coalesce(price, 0) as price, sum(amount) over () as total
  from escrow full join expected using (order_id)
  where amount <> 0 or price <> 0`;

const KEPT = `
  select account_id, sum(amount) as balance, coalesce(sum(amount) filter (where entry.folio = account.folio), 0) as open
  from app.account join (
    select credit_id as account_id, credit_folio as folio, amount_micro_usd as amount from app.ledger_entry
    union all
    select debit_id, debit_folio, -amount_micro_usd from app.ledger_entry) as entry using (account_id)
  where kind = 'customer' group by account_id
  having sum(amount) < 0 or sum(amount) <> coalesce(sum(amount) filter (where entry.folio = account.folio), 0)`;

const SUM = `
  select coalesce(sum(amount), 0) as sum from app.account join (
    select credit_id as account_id, amount_micro_usd as amount from app.ledger_entry
    union all
    select debit_id, -amount_micro_usd from app.ledger_entry) as entry using (account_id)`;

/** All that was ever paid is read: that takes longer than a pool lets anything else take. */
const READ_MS = 300_000;

/** Everything of one moment: `on` is in a transaction of one snapshot. @throws while there is no index */
export async function readBooks(on: Queryable): Promise<Books> {
  const read = (text: string) => on.query({ text, query_timeout: READ_MS } as pg.QueryConfig);
  const totals = await read(TOTALS);
  const unequal = await read(UNEQUAL);
  const refunds = await read(REFUNDS);
  const escrow = await read(ESCROW);
  const kept = await read(KEPT);
  const sum = await read(SUM);
  return {
    totals: totals.rows.map((row) => ({
      chainId: row.chain_id,
      headBlock: row.head === null ? null : BigInt(row.head),
      settled: BigInt(row.settled),
      posted: BigInt(row.posted),
      refunded: BigInt(row.refunded),
    })),
    unequal: unequal.rows.map(unequalOf),
    refunds: refunds.rows.map((row) => ({
      chainId: row.chain_id,
      payer: row.payer,
      refunded: BigInt(row.refunded),
    })),
    escrow: BigInt(escrow.rows[0]?.total ?? 0),
    escrowed: escrow.rows
      .map((row) => ({ orderId: row.order_id, inEscrow: BigInt(row.amount), expected: BigInt(row.price) }))
      .filter(({ inEscrow, expected }) => inEscrow !== expected),
    kept: kept.rows.map((row) => ({
      accountId: row.account_id,
      balance: BigInt(row.balance),
      inOpenFolio: BigInt(row.open),
    })),
    sum: BigInt(sum.rows[0].sum),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a row of UNEQUAL, and a type would say the query twice
const unequalOf = (row: any): Unequal => ({
  chainId: row.chain_id,
  payer: row.payer,
  txHash: row.tx_hash,
  nonce: row.nonce,
  isIndexed: row.is_indexed,
  orderId: row.order_id,
  cause: row.order_id === null ? row.item : null,
  settled: BigInt(row.settled),
  posted: BigInt(row.posted),
  block: row.block === null ? null : BigInt(row.block),
  blockTime: row.block_time === null ? null : Number(row.block_time),
  isWatched: row.is_watched ?? false,
});
