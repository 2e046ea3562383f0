import type { AccountId, Queryable } from "../ledger.ts";
import { type Entry, entriesOf, type Page } from "./entries.ts";

/** An entry with the transaction on chain that it comes from or goes back to. */
export type Line = Entry & { readonly txHash: string | undefined };

/** What was paid and could not be had, and is on the account instead. */
export type Credit = {
  readonly orderId: string;
  readonly item: string;
  readonly amountMicroUsd: bigint;
  readonly createdAt: Date;
};

const ON_CHAIN = new Set<Entry["kind"]>(["deposit", "topup", "credit", "reversal"]);
const TRANSACTIONS = "select id, tx_hash from app.x402_order where id = any ($1::uuid[]) and tx_hash is not null";

/** A page of `entriesOf`, for whoever holds the accounts. */
export async function statementOf(on: Queryable, accountIds: readonly AccountId[], page: Page): Promise<Line[]> {
  const entries = await entriesOf(on, accountIds, page);
  const orderIds = entries.flatMap(({ kind, orderId }) => (ON_CHAIN.has(kind) && orderId ? [orderId] : []));
  const { rows } = await on.query({ name: "ledger-transactions", text: TRANSACTIONS, values: [orderIds] });
  const hashes = new Map(rows.map(({ id, tx_hash }) => [id, tx_hash]));
  return entries.map((entry) => ({
    ...entry,
    txHash: ON_CHAIN.has(entry.kind) ? (TRANSFER.exec(entry.cause)?.[1] ?? hashes.get(entry.orderId)) : undefined,
  }));
}

/** What a plain transfer is posted by; no order tells of it. */
export const causeOfTransfer = (place: { chainId: number; txHash: string; logIndex: number }): string =>
  `transfer:${place.chainId}:${place.txHash}:${place.logIndex}`;
const TRANSFER = /^transfer:\d+:(0x[0-9a-f]{64}):\d+/;

const MOST = 100;
const CREDITS = `
  select entry.order_id, entry.item, entry.amount_micro_usd, entry.created_at
  from app.ledger_entry entry join app.x402_order o on o.id = entry.order_id and o.state = 'credited'
  where entry.credit_id = any ($1::bigint[]) and entry.credit_folio > 0 and entry.kind = 'credit'
    and not exists (
      select from app.ledger_entry later where later.debit_id = entry.credit_id and later.debit_folio > 0
        and later.order_id = entry.order_id and later.kind = 'reversal' and later.entry_id > entry.entry_id)
  order by entry.entry_id desc limit ${MOST}`;

/** The newest ones, without those that the chain took back. */
export async function creditsOf(on: Queryable, accountIds: readonly AccountId[]): Promise<Credit[]> {
  const { rows } = await on.query<CreditRow>({ name: "ledger-credits", text: CREDITS, values: [accountIds] });
  return rows.map((row) => ({
    orderId: row.order_id,
    item: row.item,
    amountMicroUsd: BigInt(row.amount_micro_usd),
    createdAt: row.created_at,
  }));
}

type CreditRow = { order_id: string; item: string; amount_micro_usd: string; created_at: Date };
