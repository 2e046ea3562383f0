import { createHash } from "node:crypto";
import type { PaymentPayload } from "@x402/core/types";
import type pg from "pg";
import type { Address, Hex } from "viem";
import type { Clock } from "../../clock.ts";
import type { JsonObject } from "../../sale.ts";
import type { Change, NewOrder, OrderState, PaidOrder, Progress } from "./order.ts";
import { posted } from "./postings.ts";
import { ROOM, type Standing } from "./room.ts";

/** What a payer has; undefined when that is not known. */
export type Purse = { readonly balanceMicroUsd: bigint | undefined };

/**
 * Where orders are kept. Two processes may work on it: every change is compared and set, and posts where it takes the
 * order's money.
 */
export type Orders = {
  /**
   * Undefined when its authorization, or its payer's id of the purchase, has an order already, or when it is to be sent
   * and the payer has no room for it: with this USDC, or with any when that is not known.
   */
  add(order: NewOrder, dueAtMs: number, purse?: Purse): Promise<PaidOrder | undefined>;
  standing(payer: Address, chainId: number): Promise<Standing>;
  find(id: string): Promise<PaidOrder | undefined>;
  findByPayKey(payKey: string): Promise<PaidOrder | undefined>;
  /** The newest that a payer named so and was not turned away with. */
  findByPaymentId(payer: Address, paymentIdHash: string): Promise<PaidOrder | undefined>;
  /** Undefined when somebody else has changed the order meanwhile. */
  change(order: PaidOrder, change: Change): Promise<PaidOrder | undefined>;
};

export const hashOfPaymentId = (paymentId: string): string => createHash("sha256").update(paymentId).digest("hex");

/** The chain took back what was credited, and this much of it had been spent: the house bears it. */
export type Lost = (order: PaidOrder, microUsd: bigint) => void;

export function createOrders(pool: pg.Pool, clock: Clock, lost: Lost): Orders {
  const first = async (name: string, text: string, values: unknown[]): Promise<PaidOrder | undefined> => {
    const { rows } = await pool.query<Row>({ name: `x402-${name}`, text, values });
    return rows[0] && orderOf(rows[0]);
  };
  return {
    add: (order, dueAtMs, purse) =>
      first("add", ADD, [
        ...added(order, dueAtMs),
        purse !== undefined,
        purse?.balanceMicroUsd?.toString() ?? null,
        ROOM.open,
        ROOM.turnedAway,
        new Date(clock.nowMs() - ROOM.withinMs),
      ]),
    standing: async (payer, chainId) => {
      const values = [payer, chainId, new Date(clock.nowMs() - ROOM.withinMs)];
      const { rows } = await pool.query<StandingRow>({ name: "x402-standing", text: STANDING, values });
      const { open, turned_away, first_at } = rows[0] as StandingRow;
      return { open, turnedAway: turned_away, firstTurnedAwayMs: first_at?.getTime() };
    },
    find: (id) => first("find", `${SELECT} where id = $1`, [id]),
    findByPayKey: (payKey) => first("find-pay-key", `${SELECT} where pay_key = $1`, [payKey]),
    findByPaymentId: (payer, hash) => first("find-payment-id", BY_PAYMENT_ID, [payer, hash]),
    change: async (order, change) => {
      const { creditedTo: _, ...progress } = change;
      const plain = { name: "x402-change", text: CHANGE, values: changed({ ...order, ...progress }) };
      const statement = posted(plain, order, { ...change, at: new Date(clock.nowMs()) });
      const { rows } = await pool.query<Row & { lost?: string }>({ ...statement, values: [...statement.values] });
      const [row] = rows;
      if (row && Number(row.lost) > 0) lost(order, BigInt(row.lost as string));
      return row && orderOf(row);
    },
  };
}

const SELECT = "select * from app.x402_order";
const BY_PAYMENT_ID = `${SELECT} where payer = $1 and payment_id_hash = $2
  and state in ('settling', 'settled', 'fulfilled', 'credited') order by created_at desc limit 1`;
const ADD = `
  insert into app.x402_order
    (id, pay_key, sale_id, fingerprint, payment_id_hash, payer, chain_id, nonce, valid_before_sec, price_micro_usd,
     payload, input, due_at, created_at, state, version, is_final, looks,
     reason, pay_to)
  select $1::uuid, $2, $3, $4, $5, $6::text, $7::int, $8, $9::bigint, $10::numeric, $11::json, $12::json, $13::timestamptz,
    $14::timestamptz, 'settling', 0, false, 0, $15, $16
  where case when $17::boolean then app.x402_has_room($6, $7, $10, $18, $19, $20, $21) else true end
  on conflict do nothing returning *`;
const STANDING = `
  select count(*) filter (where state = 'settling')::int as open,
    count(*) filter (where state <> 'settling')::int as turned_away,
    min(created_at) filter (where state <> 'settling') as first_at
  from app.x402_order
  where payer = $1 and chain_id = $2 and (state = 'settling'
    or state in ('refused', 'expired') and created_at > $3 and reason is distinct from 'already_used')`;
const CHANGE = `
  update app.x402_order set state = $3, version = version + 1, reason = $4, tx_hash = $5, settled_micro_usd = $6,
    answer = $7, is_final = $8, looks = $9, due_at = $10
  where id = $1 and version = $2 returning *`;

const added = (order: NewOrder, dueAtMs: number): unknown[] => [
  order.id,
  order.payKey,
  order.saleId,
  order.fingerprint,
  order.paymentIdHash ?? null,
  order.payer,
  order.chainId,
  order.nonce,
  order.validBeforeSec,
  order.priceMicroUsd.toString(),
  JSON.stringify(order.payload),
  JSON.stringify(order.input),
  new Date(dueAtMs),
  new Date(order.createdAtMs),
  order.reason ?? null,
  order.payTo,
];

const changed = (order: PaidOrder): unknown[] => [
  order.id,
  order.version,
  order.state,
  order.reason ?? null,
  order.txHash ?? null,
  order.settledMicroUsd?.toString() ?? null,
  order.answer === undefined ? null : JSON.stringify(order.answer),
  order.isFinal,
  order.looks,
  order.dueAtMs === undefined ? null : new Date(order.dueAtMs),
];

type StandingRow = { open: number; turned_away: number; first_at: Date | null };

type Row = {
  id: string;
  pay_key: string;
  sale_id: string;
  fingerprint: string;
  payment_id_hash: string | null;
  payer: Address;
  chain_id: number;
  pay_to: Address;
  nonce: Hex;
  valid_before_sec: string;
  price_micro_usd: string;
  payload: PaymentPayload;
  input: JsonObject;
  state: OrderState;
  version: number;
  reason: Progress["reason"] | null;
  tx_hash: Hex | null;
  settled_micro_usd: string | null;
  answer: JsonObject | null;
  is_final: boolean;
  looks: number;
  due_at: Date | null;
  created_at: Date;
};

const orderOf = (row: Row): PaidOrder => ({
  id: row.id,
  payKey: row.pay_key,
  saleId: row.sale_id,
  fingerprint: row.fingerprint,
  paymentIdHash: row.payment_id_hash ?? undefined,
  payer: row.payer,
  chainId: row.chain_id,
  payTo: row.pay_to,
  nonce: row.nonce,
  validBeforeSec: Number(row.valid_before_sec),
  priceMicroUsd: BigInt(row.price_micro_usd),
  payload: row.payload,
  input: row.input,
  createdAtMs: row.created_at.getTime(),
  state: row.state,
  version: row.version,
  reason: row.reason ?? undefined,
  txHash: row.tx_hash ?? undefined,
  settledMicroUsd: row.settled_micro_usd === null ? undefined : BigInt(row.settled_micro_usd),
  answer: row.answer ?? undefined,
  isFinal: row.is_final,
  looks: row.looks,
  dueAtMs: row.due_at?.getTime(),
});
