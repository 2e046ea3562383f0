import type pg from "pg";
import type { Address } from "viem";
import type { AccountId, Queryable } from "../../ledger.ts";
import type { JsonObject } from "../../sale.ts";
import type { BalanceOrder, NewOrder, OrderState } from "./order.ts";

/** What became of a held order. */
export type Outcome =
  | { readonly state: "fulfilled"; readonly answer: JsonObject }
  | { readonly state: "released"; readonly reason: string };

/** Undefined when the account has given the same name to an order before. */
export async function addOrder(on: Queryable, order: NewOrder, dueAtMs: number): Promise<BalanceOrder | undefined> {
  const values = [
    order.id,
    order.accountId,
    order.keyId,
    order.saleId,
    order.idempotencyKey ?? null,
    order.fingerprint,
    order.payer,
    order.chainId,
    order.priceMicroUsd.toString(),
    JSON.stringify(order.input),
    new Date(dueAtMs),
    new Date(order.createdAtMs),
  ];
  return first(on, { name: "balance-add", text: ADD, values });
}

export const findOrder = (on: Queryable, id: string): Promise<BalanceOrder | undefined> =>
  first(on, { name: "balance-find", text: `${SELECT} where id = $1`, values: [id] });

/** The order that an account gave this name. */
export const findNamed = (on: Queryable, accountId: AccountId, name: string): Promise<BalanceOrder | undefined> =>
  first(on, { name: "balance-named", text: NAMED, values: [accountId, name] });

/** Ends a held order; undefined when somebody else has ended it. */
export function endOrder(on: Queryable, id: string, outcome: Outcome): Promise<BalanceOrder | undefined> {
  const [answer, reason] =
    outcome.state === "fulfilled" ? [JSON.stringify(outcome.answer), null] : [null, outcome.reason];
  return first(on, { name: "balance-end", text: END, values: [id, outcome.state, answer, reason] });
}

/** Takes what is due and sold here until `nextMs`; other processes leave it alone so long. */
export async function takeDue(
  pool: pg.Pool,
  saleIds: readonly string[],
  { dueBeforeMs, nextMs }: { dueBeforeMs: number; nextMs: number },
): Promise<BalanceOrder[]> {
  const { rows } = await pool.query<Row>({
    name: "balance-due",
    text: DUE,
    values: [saleIds, new Date(dueBeforeMs), new Date(nextMs), ROUND],
  });
  return rows.map(orderOf);
}

/** When the worker looks at a held order next. */
export async function postpone(pool: pg.Pool, id: string, dueAtMs: number): Promise<void> {
  await pool.query({
    name: "balance-postpone",
    text: "update app.balance_order set due_at = $2 where id = $1 and state = 'held'",
    values: [id, new Date(dueAtMs)],
  });
}

/** Held orders of sales that are not among these, or made before `sinceMs`. */
export async function findStuck(
  pool: pg.Pool,
  saleIds: readonly string[],
  sinceMs: number,
): Promise<Pick<BalanceOrder, "id" | "saleId">[]> {
  const { rows } = await pool.query<Row>({ name: "balance-stuck", text: STUCK, values: [saleIds, new Date(sinceMs)] });
  return rows.map(orderOf);
}

const ROUND = 100;
const SELECT = "select * from app.balance_order";
const NAMED = `${SELECT} where account_id = $1 and idempotency_key = $2`;
const ADD = `
  insert into app.balance_order (id, account_id, key_id, sale_id, idempotency_key, fingerprint, payer, chain_id,
    price_micro_usd, input, state, looks, due_at, created_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'held', 0, $11, $12)
  on conflict do nothing returning *`;
const END = `
  update app.balance_order set state = $2, answer = $3, reason = $4, due_at = null
  where id = $1 and state = 'held' returning *`;
const DUE = `
  update app.balance_order set looks = looks + 1, due_at = $3
  where id in (
    select id from app.balance_order where due_at <= $2 and sale_id = any($1)
    order by due_at limit $4 for update skip locked)
  returning *`;
const STUCK = `${SELECT} where due_at is not null and (created_at <= $2 or sale_id <> all($1)) order by created_at limit 100`;

type Statement = { readonly name: string; readonly text: string; readonly values: unknown[] };

async function first(on: Queryable, statement: Statement): Promise<BalanceOrder | undefined> {
  const { rows } = await on.query<Row>(statement);
  return rows[0] && orderOf(rows[0]);
}

type Row = {
  id: string;
  account_id: string;
  key_id: string;
  sale_id: string;
  idempotency_key: string | null;
  fingerprint: string;
  payer: Address;
  chain_id: number;
  price_micro_usd: string;
  input: JsonObject;
  state: OrderState;
  reason: string | null;
  answer: JsonObject | null;
  looks: number;
  created_at: Date;
};

const orderOf = (row: Row): BalanceOrder => ({
  id: row.id,
  accountId: row.account_id,
  keyId: row.key_id,
  saleId: row.sale_id,
  idempotencyKey: row.idempotency_key ?? undefined,
  fingerprint: row.fingerprint,
  payer: row.payer,
  chainId: row.chain_id,
  priceMicroUsd: BigInt(row.price_micro_usd),
  input: row.input,
  state: row.state,
  reason: row.reason ?? undefined,
  answer: row.answer ?? undefined,
  looks: row.looks,
  createdAtMs: row.created_at.getTime(),
});
