import type { Address } from "viem";
import type { AccountId, Queryable } from "../../ledger.ts";
import type { JsonObject } from "../../sale.ts";
import type { Activation, CodeOrder, FailReason, NewOrder, OrderState, Owed } from "./order.ts";

/** Undefined when the account has given the same name to an order before. */
export const addOrder = (on: Queryable, order: NewOrder, dueAtMs: number): Promise<CodeOrder | undefined> =>
  first(on, "add", {
    text: ADD,
    values: [
      order.id,
      order.accountId,
      order.keyId,
      order.holder.address.toLowerCase(),
      order.holder.chainId,
      order.idempotencyKey ?? null,
      order.fingerprint,
      order.service,
      order.country,
      order.priceMicroUsd.toString(),
      order.costMicroUsd.toString(),
      order.timeoutSec,
      new Date(dueAtMs),
      new Date(order.createdAtMs),
    ],
  });

export const findOrder = (on: Queryable, id: string): Promise<CodeOrder | undefined> =>
  first(on, "find", { text: `${SELECT} where order_id = $1`, values: [id] });

/** The order that an account gave this name. */
export const findNamed = (on: Queryable, accountId: AccountId, name: string): Promise<CodeOrder | undefined> =>
  first(on, "named", { text: `${SELECT} where account_id = $1 and idempotency_key = $2`, values: [accountId, name] });

export type Sold = Activation & { answer: JsonObject; expiresAtMs: number; dueAtMs: number };

/** The number has come; undefined when the order was given up meanwhile. */
export const keepSold = (on: Queryable, id: string, sold: Sold): Promise<CodeOrder | undefined> =>
  first(on, "sold", {
    text: `update app.code_order set state = 'waiting', activation_id = $2, phone_number = $3, answer = $4,
             expires_at = $5, due_at = $6, cost_micro_usd = coalesce($7, cost_micro_usd)
           where order_id = $1 and state = 'buying' returning *`,
    values: [
      id,
      sold.activationId,
      sold.phoneNumber,
      JSON.stringify(sold.answer),
      new Date(sold.expiresAtMs),
      new Date(sold.dueAtMs),
      costOf(sold),
    ],
  });

/** A number that came when its order was given up: it goes back, unless another order has it. */
export const keepStray = (on: Queryable, id: string, stray: Activation & { dueAtMs: number }) =>
  first(on, "stray", {
    text: `update app.code_order set activation_id = $2, phone_number = $3, owed = 'cancel', due_at = $4, lost_at = null,
             looks = 0, cost_micro_usd = coalesce($5, cost_micro_usd)
           where order_id = $1 and state = 'failed' and activation_id is null and not exists (
             select from app.code_order other where other.activation_id = $2 and other.state = 'waiting')
           returning *`,
    values: [id, stray.activationId, stray.phoneNumber, new Date(stray.dueAtMs), costOf(stray)],
  });

const costOf = ({ costMicroUsd }: Activation): string | null => costMicroUsd?.toString() ?? null;

/** Before the supplier is asked to cancel. Undefined when the order does not wait any more. */
export const noteCancel = (on: Queryable, id: string, at: { now: Date; dueAt: Date }) =>
  first(on, "cancel", {
    text: `update app.code_order set cancel_asked_at = coalesce(cancel_asked_at, $2), due_at = $3
           where order_id = $1 and state = 'waiting' returning *`,
    values: [id, at.now, at.dueAt],
  });

export type End = {
  readonly from: OrderState;
  readonly state: OrderState;
  readonly reason?: FailReason | undefined;
  readonly code?: string | undefined;
  readonly text?: string | undefined;
  readonly owed?: Owed | undefined;
  readonly dueAtMs?: number | undefined;
  readonly isLost?: boolean | undefined;
  readonly at: Date;
};

/** Compared and set: undefined when somebody else has ended it. */
export const keepEnd = (on: Queryable, id: string, end: End): Promise<CodeOrder | undefined> =>
  first(on, "end", {
    text: `update app.code_order set state = $3, reason = $4, code = $5, sms_text = $6, owed = $7, due_at = $8,
             lost_at = $9, ended_at = $10, looks = 0
           where order_id = $1 and state = $2 returning *`,
    values: [
      id,
      end.from,
      end.state,
      end.reason ?? null,
      end.code ?? null,
      end.text ?? null,
      end.owed ?? null,
      end.dueAtMs === undefined ? null : new Date(end.dueAtMs),
      end.isLost ? end.at : null,
      end.at,
    ],
  });

/** A code that came when the price had gone back; undefined when one was known, or the order has it by right. */
export const keepLate = (on: Queryable, id: string, late: { code: string; text: string; at: Date }) =>
  first(on, "late", {
    text: `update app.code_order set late_code = $2, late_text = $3, late_at = $4, owed = null, due_at = null
           where order_id = $1 and state in ('cancelled', 'expired', 'failed') and late_at is null returning *`,
    values: [id, late.code, late.text, late.at],
  });

/** The supplier knows what it was owed, or is told it no more: then `lostAt` says since when. */
export const keepPaidUp = (on: Queryable, id: string, lostAt?: Date) =>
  first(on, "paid-up", {
    text: `update app.code_order set owed = null, due_at = null, lost_at = coalesce($2, lost_at)
           where order_id = $1 and owed is not null returning *`,
    values: [id, lostAt ?? null],
  });

/** The supplier is told later. */
export async function postpone(on: Queryable, id: string, dueAtMs: number): Promise<void> {
  const text = "update app.code_order set due_at = $2 where order_id = $1 and owed is not null";
  await on.query({ name: "codes-postpone", text, values: [id, new Date(dueAtMs)] });
}

/** What is due, locked until the transaction ends; what another process has locked is left to it. */
export async function lockDue(on: Queryable, nowMs: number, most: number): Promise<CodeOrder[]> {
  const text = `${SELECT} where due_at <= $1 order by due_at limit $2 for update skip locked`;
  const { rows } = await on.query<Row>({ name: "codes-due", text, values: [new Date(nowMs), most] });
  return rows.map(orderOf);
}

/** When each is due again, should nothing come of it. */
export async function reschedule(on: Queryable, next: readonly { id: string; dueAtMs: number }[]): Promise<void> {
  await on.query({
    name: "codes-reschedule",
    text: `update app.code_order o set due_at = n.due_at, looks = looks + 1
           from unnest($1::uuid[], $2::timestamptz[]) n (order_id, due_at) where o.order_id = n.order_id`,
    values: [next.map(({ id }) => id), next.map(({ dueAtMs }) => new Date(dueAtMs))],
  });
}

export type Page = { readonly limit: number; readonly offset: number };

type Whose = {
  readonly accountIds: readonly AccountId[];
  readonly onlyKeyId: string | undefined;
  readonly state: OrderState | undefined;
};

/** Newest first. */
export async function listOrders(
  on: Queryable,
  { accountIds, onlyKeyId, state, limit, offset }: Page & Whose,
): Promise<{ orders: CodeOrder[]; total: number }> {
  const whose = `account_id = any($1::bigint[]) and ($2::text is null or state = $2)
    and ($3::uuid is null or key_id = $3)`;
  const values = [accountIds, state ?? null, onlyKeyId ?? null];
  const [page, all] = await Promise.all([
    on.query<Row>(`${SELECT} where ${whose} order by created_at desc, order_id limit $4 offset $5`, [
      ...values,
      limit,
      offset,
    ]),
    on.query<{ total: number }>(`select count(*)::int as total from app.code_order where ${whose}`, values),
  ]);
  return { orders: page.rows.map(orderOf), total: all.rows[0]?.total ?? 0 };
}

const SELECT = "select * from app.code_order";
const ADD = `
  insert into app.code_order (order_id, account_id, key_id, payer, chain_id, idempotency_key, fingerprint, service,
    country, price_micro_usd, cost_micro_usd, timeout_sec, state, looks, due_at, created_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'buying', 0, $13, $14)
  on conflict do nothing returning *`;

async function first(on: Queryable, name: string, query: { text: string; values: unknown[] }) {
  const { rows } = await on.query<Row>({ name: `codes-${name}`, ...query });
  return rows[0] && orderOf(rows[0]);
}

type Row = {
  order_id: string;
  account_id: AccountId;
  key_id: string;
  payer: Address;
  chain_id: number;
  fingerprint: string;
  service: string;
  country: string;
  price_micro_usd: string;
  timeout_sec: number;
  state: OrderState;
  reason: FailReason | null;
  activation_id: string | null;
  phone_number: string | null;
  code: string | null;
  sms_text: string | null;
  answer: JsonObject | null;
  cancel_asked_at: Date | null;
  owed: Owed | null;
  looks: number;
  created_at: Date;
  expires_at: Date | null;
  ended_at: Date | null;
};

const orderOf = (row: Row): CodeOrder => ({
  id: row.order_id,
  accountId: row.account_id,
  keyId: row.key_id,
  holder: { address: row.payer, chainId: row.chain_id },
  fingerprint: row.fingerprint,
  service: row.service,
  country: row.country,
  priceMicroUsd: BigInt(row.price_micro_usd),
  timeoutSec: row.timeout_sec,
  state: row.state,
  reason: row.reason ?? undefined,
  activationId: row.activation_id ?? undefined,
  phoneNumber: row.phone_number ?? undefined,
  code: row.code ?? undefined,
  text: row.sms_text ?? undefined,
  answer: row.answer ?? undefined,
  cancelAskedAtMs: row.cancel_asked_at?.getTime(),
  owed: row.owed ?? undefined,
  looks: row.looks,
  createdAtMs: row.created_at.getTime(),
  expiresAtMs: row.expires_at?.getTime(),
  endedAtMs: row.ended_at?.getTime(),
});
