/** One-time codes: orders of numbers, and the switch that stops their sale. */
export const codeOrdersMigration = `
   create table app.sales_switch (
     product text primary key,
     is_paused boolean not null,
     changed_at timestamptz not null
   );

   create table app.code_order (
     order_id uuid primary key,
     account_id bigint not null,
     key_id uuid not null,
     -- Whose account it is: who is told of it.
     payer text not null,
     chain_id int not null,
     -- The caller's own name for what he asks; with it he gets the same answer again.
     idempotency_key text,
     fingerprint text not null,
     service text not null,
     country text not null,
     price_micro_usd bigint not null check (price_micro_usd > 0),
     -- What the supplier may take at most.
     cost_micro_usd bigint not null,
     timeout_sec int not null,
     state text not null check (state in ('buying', 'waiting', 'received', 'cancelled', 'expired', 'failed')),
     reason text,
     -- The supplier's name for the number that it gave us.
     activation_id text,
     phone_number text,
     code text,
     sms_text text,
     -- What the purchase was answered; json, not jsonb: it is told again letter by letter.
     answer json,
     -- Noted before the supplier is asked to cancel: who dies in between leaves it to the worker.
     cancel_asked_at timestamptz,
     -- What the supplier has to be told still.
     owed text check (owed in ('cancel', 'finish')),
     -- What came when the price had gone back: recorded, never billed, never told.
     late_code text,
     late_text text,
     late_at timestamptz,
     -- The supplier may have sold us a number of which we know nothing, or keeps one that we could not give back.
     lost_at timestamptz,
     looks int not null,
     due_at timestamptz,
     created_at timestamptz not null,
     expires_at timestamptz,
     ended_at timestamptz,
     check ((state in ('buying', 'waiting')) = (ended_at is null)),
     -- Nothing is held for ever: whatever is open, or owed to the supplier, has somebody who comes back to it.
     check ((state in ('buying', 'waiting') or owed is not null) = (due_at is not null)),
     check ((state = 'received') = (code is not null)),
     check (state not in ('waiting', 'received') or activation_id is not null and expires_at is not null)
   );
   create unique index code_order_name on app.code_order (account_id, idempotency_key)
     where idempotency_key is not null;
   -- One code for one order, even from a supplier that sells a number twice.
   create unique index code_order_activation on app.code_order (activation_id) where state = 'waiting';
   create index code_order_due on app.code_order (due_at) where due_at is not null;
   create index code_order_account on app.code_order (account_id, created_at desc);
   create index code_order_open on app.code_order (account_id, expires_at) where ended_at is null;
   create index code_order_service on app.code_order (service, created_at) where state <> 'failed';
   create index code_order_cancelled on app.code_order (account_id, service, country, ended_at)
     where state = 'cancelled';
   create index code_order_amiss on app.code_order (coalesce(lost_at, late_at))
     where lost_at is not null or late_at is not null;

   -- Why this account cannot have the order that was just added, and when it can; no row, when it can. One order of an
   -- account after the other, in all processes: what is counted here is seen after the locks were got, and they last
   -- until the order stands. Whoever pauses the sale waits for those that are being made.
   create function app.code_order_refusal(
     by_account bigint, of_service text, of_country text, now_at timestamptz,
     cooldown interval, most_open int, most_a_day int, most_of_service int
   ) returns table (refusal text, free_at timestamptz) language plpgsql as $$
   declare sold bigint;
   begin
     perform pg_advisory_xact_lock_shared(hashtextextended('sale of codes', 0));
     if exists (select from app.sales_switch where product = 'codes' and is_paused) then
       return query select 'sales_paused', null::timestamptz;
       return;
     end if;
     perform from app.account where account_id = by_account for no key update;
     -- Orders of one service wait for each other only where they could go past its limit together.
     select count(*) into sold from app.code_order
       where service = of_service and state <> 'failed' and created_at > now_at - interval '1 day';
     if sold > most_of_service * 9 / 10 then
       perform pg_advisory_xact_lock(hashtextextended('codes of ' || of_service, 0));
     end if;
     return query
       select 'cooldown', max(ended_at) + cooldown from app.code_order
         where account_id = by_account and service = of_service and country = of_country and state = 'cancelled'
           and ended_at > now_at - cooldown
         having count(*) > 0
       union all
       select 'open', coalesce(min(expires_at), now_at) from app.code_order
         where account_id = by_account and ended_at is null
         having count(*) > most_open
       union all
       select 'account_day', min(created_at) + interval '1 day' from app.code_order
         where account_id = by_account and state <> 'failed' and created_at > now_at - interval '1 day'
         having count(*) > most_a_day
       union all
       select 'service_day', min(created_at) + interval '1 day' from app.code_order
         where sold > most_of_service * 9 / 10
           and service = of_service and state <> 'failed' and created_at > now_at - interval '1 day'
         having count(*) > most_of_service
       limit 1;
   end $$;`;
