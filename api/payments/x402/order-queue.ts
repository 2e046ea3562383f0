import type pg from "pg";
import type { Address } from "viem";
import type { OrderState, PaidOrder } from "./order.ts";

/** Orders that wait for different things, so that what holds up one kind holds up no other. */
export const LANES = {
  settling: ["settling"],
  settled: ["settled"],
  watched: ["refused", "expired", "fulfilled", "credited", "revoked"],
} as const satisfies Record<string, readonly OrderState[]>;

export type Lane = keyof typeof LANES;

/** What this process can judge: payments to its own receiver, for what it sells. Nobody else's are touched. */
export type Here = {
  readonly chainId: number;
  readonly payTo: Address;
  readonly saleIds: readonly string[];
};

export type Stuck = { readonly id: string; readonly saleId: string; readonly state: OrderState };

/** What there is to do. */
export type OrderQueue = {
  isOurs(order: Pick<PaidOrder, "chainId" | "payTo" | "saleId">): boolean;
  /** The ids of what the worker should look at, the longest overdue first. */
  due(lane: Lane, beforeMs: number, most: number): Promise<string[]>;
  /** The ids of orders whose payers wait, due or not. */
  unfinished(lane: Lane): Promise<string[]>;
  /** Orders whose payers have waited since before `sinceMs`, or wait for somebody who is not here. */
  stuck(sinceMs: number): Promise<Stuck[]>;
  /** Everybody's orders that are not over, by state. */
  tally(): Promise<ReadonlyMap<OrderState, Tallied>>;
};

export type Tallied = { readonly count: number; readonly oldestMs: number };

const OURS = "chain_id = $1 and pay_to = $2 and sale_id = any($3)";
const SELECT = `select id from app.x402_order where ${OURS}`;
const DUE = `${SELECT} and state = any($4) and due_at <= $5 order by due_at limit $6`;
const UNFINISHED = `${SELECT} and state = any($4) and state in ('settling', 'settled') order by due_at limit 10000`;
const STUCK = `select id, sale_id, state from app.x402_order
  where state in ('settling', 'settled') and (created_at <= $4 or not (${OURS})) order by created_at limit 100`;
const TALLY = `select state, count(*)::int as count, min(created_at) as oldest
  from app.x402_order where due_at is not null group by state`;

export function createOrderQueue(pool: pg.Pool, { chainId, payTo, saleIds }: Here): OrderQueue {
  const here = [chainId, payTo, saleIds];
  const ids = async (name: string, text: string, values: unknown[]): Promise<string[]> => {
    const { rows } = await pool.query<{ id: string }>({ name: `x402-${name}`, text, values: [...here, ...values] });
    return rows.map(({ id }) => id);
  };
  return {
    isOurs: (order) => order.chainId === chainId && order.payTo === payTo && saleIds.includes(order.saleId),
    due: (lane, beforeMs, most) => ids("due", DUE, [LANES[lane], new Date(beforeMs), most]),
    unfinished: (lane) => ids("unfinished", UNFINISHED, [LANES[lane]]),
    stuck: async (sinceMs) => {
      const query = { name: "x402-stuck", text: STUCK, values: [...here, new Date(sinceMs)] };
      const { rows } = await pool.query<{ id: string; sale_id: string; state: OrderState }>(query);
      return rows.map(({ id, sale_id, state }) => ({ id, saleId: sale_id, state }));
    },
    tally: async () => {
      const { rows } = await pool.query<TallyRow>({ name: "x402-tally", text: TALLY });
      return new Map(rows.map(({ state, count, oldest }) => [state, { count, oldestMs: oldest.getTime() }]));
    },
  };
}

type TallyRow = { state: OrderState; count: number; oldest: Date };
