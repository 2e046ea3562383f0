/** Orders whose postings are not what their state says. */
export const AUDIT = `
  select order_id, state, holds, captures, releases from (
    select o.order_id, o.state,
      count(*) filter (where e.kind = 'hold' and e.amount_micro_usd = o.price_micro_usd)::int as holds,
      count(*) filter (where e.kind = 'capture' and e.amount_micro_usd = o.price_micro_usd)::int as captures,
      count(*) filter (where e.kind = 'release' and e.amount_micro_usd = o.price_micro_usd
        and e.credit_id = o.account_id)::int as releases,
      count(e.*)::int as entries
    from app.code_order o left join app.ledger_entry e using (order_id) group by o.order_id
  ) each
  where holds <> 1
    or captures <> case when state = 'received' then 1 else 0 end
    or releases <> case when state in ('cancelled', 'expired', 'failed') then 1 else 0 end
    or entries <> holds + captures + releases`;

/** What the ledger holds in escrow, and what open orders cost. */
export const ESCROW = `
  select
    coalesce(sum(case when credit_id = 2 then amount_micro_usd else -amount_micro_usd end), 0)::text as held,
    (select coalesce(sum(price_micro_usd), 0)::text from app.code_order where ended_at is null) as open
  from app.ledger_entry where 2 in (credit_id, debit_id)`;
