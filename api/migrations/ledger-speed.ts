/**
 * What a debit costs is what everybody waits for: a fifth of it was the lock of its account's row, and much of the rest
 * what no debit needs. From here on an account is locked by its number, which writes nothing. Whoever locks an account
 * does it by `app.lock_account`.
 */
export const ledgerSpeedMigration = `
   -- The trigger looks. And nobody is between the old lock and the new one: this waits for all that post.
   alter table app.ledger_entry drop constraint ledger_entry_amount_micro_usd_check;

   -- Written to only by those who found their account busy.
   create table app.account_queue (
     account_id bigint primary key,
     -- Updated to nothing else.
     turn boolean not null default true
   ) with (fillfactor = 50);

   -- Until the transaction ends. Who finds the account busy waits for a row of it first: the lock itself is handed to one
   -- who sleeps, and everybody waits until he is awake; a row goes to whoever of those waiting runs first (measured on a
   -- busy machine with 20 waiting: 1.6 times as many). The row keeps nobody out: who gets the lock at once never looks.
   create function app.lock_account(of_account bigint) returns void language plpgsql as $$
   begin
     if pg_try_advisory_xact_lock(of_account) then return; end if;
     update app.account_queue set turn = turn where account_id = of_account;
     if not found then insert into app.account_queue values (of_account) on conflict do nothing; end if;
     perform pg_advisory_xact_lock(of_account);
   end $$;

   -- A sum that stays a bigint, where the usual one would make a numeric of it.
   create aggregate app.total(bigint) (sfunc = int8pl, stype = bigint, initcond = '0');

   -- All rules stand here, since CHECK constraints are read anew by every statement (30 us for ten, measured), and so is
   -- every expression of this function in every transaction: what a hold need not be asked, it is not. The plan of a sum
   -- must not depend on how many rows there were when a connection first made it.
   --
   -- Every statement of a volatile function sees what was committed before it, in read committed only. So what is
   -- summed after the lock was got is all that was ever posted. A cause that was posted before may be so again without
   -- harm: the row is left out, here when there is too little money, or else by the statement's ON CONFLICT, or refused.
   create or replace function app.post_entry() returns trigger language plpgsql set enable_seqscan = off as $$
   declare
     customer constant bigint := greatest(new.debit_id, new.credit_id);
     is_debit constant boolean := new.debit_id = customer;
     open_folio int;
     balance bigint;
     entries int;
   begin
     if current_setting('transaction_isolation') <> 'read committed' then
       raise exception 'entries are posted in read committed' using errcode = 'TL004';
     end if;
     -- A hold is known at a glance: everybody waits for those.
     if (new.kind = 'hold' and new.cause = 'hold:' || new.order_id and new.credit_id = 2 and new.debit_id >= 1000
       and new.amount_micro_usd > 0) is not true then
       if new.kind = 'carry' then
         if pg_trigger_depth() < 2 then raise exception 'carries are made by the ledger' using errcode = 'TL004'; end if;
         return new;
       end if;
       -- One customer at most, so that no two entries wait for each other's locks.
       if least(new.debit_id, new.credit_id) not between 1 and 4 or new.debit_id = new.credit_id
         or new.amount_micro_usd <= 0
         or 1 in (new.debit_id, new.credit_id) and (new.payer is null or new.chain_id is null)
         or new.debit_id = 2 and new.order_id is null
         or new.credit_id = 2 and (new.order_id is null
           or new.cause <> 'hold:' || new.order_id and not starts_with(new.cause, 'x402:' || new.order_id || ':'))
         or new.kind not in ('deposit', 'payment', 'topup', 'credit', 'hold', 'capture', 'release', 'reversal') then
         raise exception 'this is no entry: % from % to %', new.kind, new.debit_id, new.credit_id using errcode = 'TL004';
       end if;
       if new.debit_id = 2 and app.in_escrow(new.order_id) < new.amount_micro_usd then
         if exists (select from app.ledger_entry where cause = new.cause) then return null; end if;
         raise exception 'order % has less in escrow', new.order_id using errcode = 'TL004';
       end if;
       -- What was held goes back to where it came from, and counts for the key that spent it.
       if new.kind = 'release' then
         select key_id into new.key_id from app.ledger_entry
           where cause = 'hold:' || new.order_id and debit_id = customer;
         if not found then raise exception 'order % was not held from here', new.order_id using errcode = 'TL004'; end if;
       end if;
     end if;
     if customer between 1 and 4 then
       new.debit_folio := 0;
       new.credit_folio := 0;
       return new;
     end if;
     if not pg_try_advisory_xact_lock(customer) then perform app.lock_account(customer); end if;
     select folio into open_folio from app.account where account_id = customer;
     if not found then raise exception 'there is no such account' using errcode = 'TL004'; end if;
     select app.total(amount), count(*) into balance, entries from (
       select amount_micro_usd as amount from app.ledger_entry
         where credit_id = customer and credit_folio = open_folio and credit_folio > 0
       union all
       select -amount_micro_usd from app.ledger_entry
         where debit_id = customer and debit_folio = open_folio and debit_folio > 0) as entry;
     if is_debit and (balance < new.amount_micro_usd or new.key_id is not null) then
       if exists (select from app.ledger_entry where cause = new.cause) then return null; end if;
       if balance < new.amount_micro_usd then
         raise exception 'account % has %', customer, balance using errcode = 'TL001',
           -- What its owner has besides is none of a capped key's business.
           detail = json_build_object('balance_micro_usd', least(balance, (
             select greatest(0, cap_micro_usd - app.key_spent_in(key_id, customer, open_folio))
             from app.api_key where key_id = new.key_id and cap_micro_usd is not null))::text);
       end if;
       perform app.check_key(new, open_folio);
     end if;
     -- Each makes the sum longer, and a carry has to be paid for (measured: with 10 or 32 a debit costs 6% more).
     if entries >= 16 then
       perform app.close_folio(customer, open_folio, balance, new.created_at);
       open_folio := open_folio + 1;
     end if;
     new.debit_folio := case when is_debit then open_folio else 0 end;
     new.credit_folio := case when is_debit then 0 else open_folio end;
     return new;
   end $$;

   -- As before, behind the new lock.
   create or replace function app.take_back(
     by_cause text, from_account bigint, amount bigint, of_order uuid, of_item text, of_payer text, on_chain int,
     at timestamptz
   ) returns bigint language plpgsql as $$
   declare
     open_folio int;
     taken bigint;
   begin
     perform app.lock_account(from_account);
     select folio into strict open_folio from app.account where account_id = from_account;
     taken := least(amount, (select balance from app.folio_sum(from_account, open_folio)));
     insert into app.ledger_entry
       (cause, kind, debit_id, credit_id, amount_micro_usd, order_id, item, payer, chain_id, created_at)
     select by_cause || part.name, 'reversal', part.account, 1, part.amount, of_order, of_item, of_payer, on_chain, at
     from (values ('', from_account, taken), (':loss', 4, amount - taken)) as part (name, account, amount)
     where part.amount > 0
     on conflict (cause) do nothing;
     return amount - taken;
   end $$;

   create or replace function app.code_order_refusal(
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
     perform app.lock_account(by_account);
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
