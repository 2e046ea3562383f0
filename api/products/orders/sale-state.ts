import type { Deps } from "../../deps.ts";
import type { JsonObject } from "../../sale.ts";

type SaleDeps = Pick<Deps, "db" | "clock">;

const LISTED = 100;

/** How the sale of codes stands, and what went amiss: numbers that may be lost at the supplier, codes that came late. */
export async function saleState({ db }: SaleDeps): Promise<JsonObject> {
  const [sale, counts, amiss] = await Promise.all([
    db.pool.query<{ is_paused: boolean; changed_at: Date }>(
      "select is_paused, changed_at from app.sales_switch where product = 'codes'",
    ),
    db.pool.query<{ open: number; owed: number }>(
      `select count(*) filter (where ended_at is null)::int as open,
         count(*) filter (where owed = 'cancel')::int as owed
       from app.code_order where due_at is not null`,
    ),
    db.pool.query<Amiss>(AMISS, [LISTED]),
  ]);
  const { is_paused: paused = false, changed_at: changedAt } = sale.rows[0] ?? {};
  const { open = 0, owed = 0 } = counts.rows[0] ?? {};
  return {
    success: true,
    paused,
    changed_at: changedAt?.toISOString() ?? null,
    open_orders: open,
    cancels_owed: owed,
    lost: amiss.rows.filter(({ lost_at }) => lost_at).map(lost),
    late: amiss.rows.filter(({ late_at }) => late_at).map(late),
  };
}

const AMISS = `
  select order_id, service, country, state, reason, activation_id, phone_number, cost_micro_usd, late_code, late_at,
    lost_at
  from app.code_order where lost_at is not null or late_at is not null
  order by coalesce(lost_at, late_at) desc limit $1`;

type Amiss = {
  order_id: string;
  service: string;
  country: string;
  state: string;
  reason: string | null;
  activation_id: string | null;
  phone_number: string | null;
  cost_micro_usd: string;
  late_code: string | null;
  late_at: Date | null;
  lost_at: Date | null;
};

const told = (row: Amiss): JsonObject => ({
  order_id: row.order_id,
  service: row.service,
  country: row.country,
  status: row.state,
  activation_id: row.activation_id,
  phone_number: row.phone_number,
  cost_micro_usd: row.cost_micro_usd,
});

const lost = (row: Amiss): JsonObject => ({
  ...told(row),
  reason: row.reason,
  lost_at: row.lost_at?.toISOString() ?? null,
});

const late = (row: Amiss): JsonObject => ({
  ...told(row),
  code: row.late_code,
  late_at: row.late_at?.toISOString() ?? null,
});
