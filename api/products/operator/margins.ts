import type { Deps } from "../../deps.ts";
import type { Span } from "../../identity/span.ts";
import { dollarsOf } from "../../prices.ts";
import type { JsonObject } from "../../sale.ts";

type Row = {
  product: string;
  country: string | null;
  sold: number;
  charged: string;
  took: string;
  unknown: number;
  /** Of texts whose cost is unknown. */
  unknown_segments: string;
};

type Margin = {
  readonly sold: number;
  readonly charged: bigint;
  readonly took: bigint;
  readonly unknown: number;
  readonly estimated: number;
};

/** What was charged and what the carrier took for it, by product and country: of what was had within these days. */
export async function marginsOf({ db, rules }: Pick<Deps, "db" | "rules">, { from, to }: Span): Promise<JsonObject> {
  const { rows } = await db.pool.query<Row>(SOLD, [from, to]);
  const lines = rows.map((row) => ({ row, margin: marginOf(row, rules) }));
  return {
    success: true,
    from,
    to,
    total: told(lines.map(({ margin }) => margin).reduce(plus, NOTHING)),
    margins: lines.map(({ row, margin }) => ({ product: row.product, country: row.country, ...told(margin) })),
  };
}

const NOTHING: Margin = { sold: 0, charged: 0n, took: 0n, unknown: 0, estimated: 0 };

const plus = (a: Margin, b: Margin): Margin => ({
  sold: a.sold + b.sold,
  charged: a.charged + b.charged,
  took: a.took + b.took,
  unknown: a.unknown + b.unknown,
  estimated: a.estimated + b.estimated,
});

/** A carrier that tells nothing is taken at the operator's word. */
function marginOf(row: Row, rules: Deps["rules"]): Margin {
  const each = rules.of(row.country ?? undefined).textCostMicroUsd;
  const segments = BigInt(row.unknown_segments);
  const known = { sold: row.sold, charged: BigInt(row.charged), took: BigInt(row.took), estimated: 0 };
  if (each === undefined || segments === 0n) return { ...known, unknown: row.unknown };
  return { ...known, took: known.took + segments * each, unknown: 0, estimated: row.unknown };
}

const told = ({ sold, charged, took, unknown, estimated }: Margin): JsonObject => ({
  sold,
  charged_usd: dollarsOf(charged),
  carrier_usd: dollarsOf(took),
  margin_usd: dollarsOf(charged - took),
  costs_unknown: unknown,
  costs_estimated: estimated,
});

// What was given to nobody is not charged, and may have cost something all the same. A line's renewal costs what its
// first month did; costs of codes are what the supplier was to take at most.
const SOLD = `
  with span as (select $1::date::timestamp at time zone 'UTC' as first,
      ($2::date + 1)::timestamp at time zone 'UTC' as past),
  bought as (
    select id, sale_id, case state when 'fulfilled' then price_micro_usd else 0 end as charged from span, app.x402_order
      where created_at >= first - interval '2 days'
    union all
    select id, sale_id, case state when 'fulfilled' then price_micro_usd else 0 end from span, app.balance_order
      where created_at >= first - interval '2 days'),
  had as (
    select coalesce(bought.sale_id, 'numbers.mine.send') || case when lease_id is null then '' else '.included' end
        as product, country, coalesce(charged, 0) as charged, cost_micro_usd as cost, segments
      from span, app.message
      left join bought on bought.id = case direction when 'outbound' then reference::uuid end
      left join app.carrier_cost cost on cost.reference = case direction when 'outbound' then message.reference::uuid end
      where direction = 'outbound' and status in ('sent', 'delivered', 'undelivered')
        and created_at >= first and created_at < past
    union all
    select 'numbers.buy.' || tier, country, case when suspended_at is null then price_micro_usd else 0 end,
        cost_micro_usd, 0
      from span, app.lease left join app.carrier_cost on reference = lease_id
      where leased_at >= first and leased_at < past
    union all
    select 'numbers.mine.renew', country, coalesce(charged, 0), cost_micro_usd, 0
      from span, app.lease_renewal join app.lease using (lease_id) left join bought on bought.id = order_id
      left join app.carrier_cost on reference = lease_id
      where renewed_at >= first and renewed_at < past and revoked_at is null
    union all
    select 'lookup', null, coalesce(charged, 0), cost_micro_usd, 0
      from span, app.carrier_call call left join bought on bought.id = call.reference
      left join app.carrier_cost cost on cost.reference = call.reference
      where what = 'lookup' and state = 'done' and begun_at >= first and begun_at < past
    union all
    select 'codes', upper(country), price_micro_usd, cost_micro_usd, 0
      from span, app.code_order
      where state = 'received' and created_at >= first and created_at < past)
  select product, country, count(*)::int as sold, sum(charged)::text as charged, coalesce(sum(cost), 0)::text as took,
    (count(*) filter (where cost is null))::int as unknown,
    coalesce(sum(segments) filter (where cost is null), 0)::text as unknown_segments
  from had group by product, country order by product, country`;
