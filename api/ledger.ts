import type pg from "pg";
import type { Address } from "viem";
import { asPosted } from "./ledger/refusals.ts";

/** What a statement runs on: a connection within a transaction (read committed), or the pool. */
export type Queryable = Pick<pg.ClientBase, "query">;

/** An account's id, a bigint in digits. */
export type AccountId = string;

/** Whose USDC, on which chain: what an account of a customer belongs to. Any letter case. */
export type Holder = { readonly address: Address; readonly chainId: number };

/** What all movements of an order's money tell. The same cause is posted once, however often it is asked for. */
export type Posting = {
  readonly cause: string;
  readonly orderId: string;
  /** What it was for, such as the id of a sale. */
  readonly item: string;
  /** 1e-6 USD. */
  readonly amountMicroUsd: bigint;
  readonly at: Date;
};

/** A posting with the customer's account on one side. A release counts for the key of its hold, whatever it says. */
export type CustomerPosting = Posting & { readonly accountId: AccountId; readonly keyId?: string | undefined };

/** What arrived on chain for nothing in particular. */
export type Deposit = Pick<Posting, "cause" | "amountMicroUsd" | "at"> & {
  readonly accountId: AccountId;
  readonly payer: Address;
  readonly chainId: number;
  readonly item?: string | undefined;
};

/** The house's own accounts, as the migration made them: what lies on chain, what is paid and not delivered, ours, lost. */
export const HOUSE = { chain: 1, escrow: 2, sales: 3, loss: 4 } as const;

/** The account of a holder; made when there is none. */
export async function openAccount(on: Queryable, { address, chainId }: Holder): Promise<AccountId> {
  const text = "select app.open_account($1, $2) as account_id";
  const { rows } = await on.query({ name: "ledger-open", text, values: [address.toLowerCase(), chainId] });
  return rows[0].account_id;
}

/** @throws when there is no such account of a customer */
export async function holderOf(on: Queryable, accountId: AccountId): Promise<Holder> {
  const text = "select address, chain_id from app.account where account_id = $1 and kind = 'customer'";
  const { rows } = await on.query({ name: "ledger-holder", text, values: [accountId] });
  if (!rows[0]) throw new Error(`there is no account ${accountId}`);
  return { address: rows[0].address, chainId: rows[0].chain_id };
}

/** In micro-USD, as of now. @throws when there is no such account of a customer */
export async function balanceOf(on: Queryable, accountId: AccountId): Promise<bigint> {
  const { rows } = await on.query({ name: "ledger-balance", text: BALANCE, values: [accountId] });
  if (!rows[0]) throw new Error(`there is no account ${accountId}`);
  return BigInt(rows[0].balance);
}

/**
 * Takes what an order will cost from the customer's account into escrow. False when this cause was posted before; the
 * transaction it ran in may then be over.
 *
 * @throws ApiError insufficient_balance, key_cap_reached, invalid_api_key; the transaction it ran in is then over
 */
export const hold = (on: Queryable, posting: CustomerPosting): Promise<boolean> =>
  asPosted(async () => {
    const { cause, accountId, orderId, keyId, item, amountMicroUsd, at } = posting;
    const values = [cause, accountId, amountMicroUsd.toString(), orderId, keyId ?? null, item, at.toISOString()];
    const { rowCount } = await on.query({ name: "ledger-hold", text: HOLD, values });
    return rowCount === 1;
  }).catch(wasPosted);

/** Makes what is in escrow for an order ours. False when this cause was posted before. */
export const capture = (on: Queryable, posting: Posting): Promise<boolean> =>
  post(on, { ...posting, kind: "capture", debitId: HOUSE.escrow, creditId: HOUSE.sales });

/**
 * Gives what is in escrow for an order back to the account, and to the key, that it was held from. False when this cause
 * was posted before.
 */
export const release = (on: Queryable, posting: CustomerPosting): Promise<boolean> =>
  post(on, { ...posting, kind: "release", debitId: HOUSE.escrow, creditId: posting.accountId });

/** Credits what arrived on chain. False when this cause was posted before. */
export const deposit = (on: Queryable, posting: Deposit): Promise<boolean> =>
  post(on, { ...posting, kind: "deposit", debitId: HOUSE.chain, creditId: posting.accountId });

type Row = Pick<Posting, "cause" | "amountMicroUsd" | "at"> & {
  readonly kind: string;
  readonly debitId: AccountId | number;
  readonly creditId: AccountId | number;
  readonly orderId?: string;
  readonly item?: string | undefined;
  readonly payer?: Address;
  readonly chainId?: number;
};

/** False for the error of a cause that stands already, which the database told instead of leaving the row out. */
function wasPosted(error: { code?: string; constraint?: string }): false {
  if (error.code === "23505" && error.constraint === "ledger_entry_pkey") return false;
  throw error;
}

// Told with as little as it takes: everybody waits for this one. An ON CONFLICT would look for the cause twice.
const HOLD = `
  insert into app.ledger_entry (cause, kind, debit_id, credit_id, amount_micro_usd, order_id, key_id, item, created_at)
  values ($1, 'hold', $2, ${HOUSE.escrow}, $3, $4, $5, $6, $7)`;

const POST = `
  insert into app.ledger_entry
    (cause, kind, debit_id, credit_id, amount_micro_usd, order_id, item, payer, chain_id, created_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
  on conflict (cause) do nothing`;

async function post(on: Queryable, row: Row): Promise<boolean> {
  const { cause, kind, debitId, creditId, amountMicroUsd, orderId, item, payer, chainId, at } = row;
  const money = amountMicroUsd.toString();
  const told = [orderId, item, payer?.toLowerCase(), chainId].map((value) => value ?? null);
  const values = [cause, kind, debitId, creditId, money, ...told, at];
  const { rowCount } = await on.query({ name: "ledger-post", text: POST, values });
  return rowCount === 1;
}

// One statement, one snapshot: the folio and its entries are of the same moment.
const BALANCE = `
  select (
    select coalesce(sum(amount_micro_usd), 0) from app.ledger_entry
    where credit_id = account_id and credit_folio = folio and credit_folio > 0
  ) - (
    select coalesce(sum(amount_micro_usd), 0) from app.ledger_entry
    where debit_id = account_id and debit_folio = folio and debit_folio > 0
  ) as balance
  from app.account where account_id = $1 and kind = 'customer'`;
