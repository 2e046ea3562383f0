/** How entries are posted: the part of the ledger's migration that keeps its rules. */
export const ledgerPosting = `
   create function app.folio_sum(of_account bigint, of_folio int, out balance bigint, out entries int)
   language plpgsql set enable_seqscan = off as $$
   begin
     select coalesce(sum(amount), 0), count(*) into balance, entries from (
       select amount_micro_usd as amount from app.ledger_entry
         where credit_id = of_account and credit_folio = of_folio and credit_folio > 0
       union all
       select -amount_micro_usd from app.ledger_entry
         where debit_id = of_account and debit_folio = of_folio and debit_folio > 0) as entry;
   end $$;

   create function app.key_spent_in(of_key uuid, of_account bigint, of_folio int) returns bigint
   language plpgsql set enable_seqscan = off as $$
   begin
     return (
       select coalesce(sum(case when kind = 'hold' then amount_micro_usd else -amount_micro_usd end), 0)
       from (
         select kind, amount_micro_usd, key_id from app.ledger_entry
           where debit_id = of_account and debit_folio = of_folio and debit_folio > 0
         union all
         select kind, amount_micro_usd, key_id from app.ledger_entry
           where credit_id = of_account and credit_folio = of_folio and credit_folio > 0) as entry
       where key_id = of_key and kind in ('hold', 'release'))
       + coalesce((select spent_micro_usd from app.ledger_key_carry where key_id = of_key order by folio desc limit 1), 0);
   end $$;

   -- All that a key spends it spends from one account, whose row is locked: no other spending of it is under way.
   create function app.check_key(entry app.ledger_entry, of_folio int) returns void language plpgsql as $$
   declare
     key record;
     spent bigint;
   begin
     select account_id, cap_micro_usd, revoked_at into key from app.api_key where key_id = entry.key_id;
     if not found or key.account_id <> entry.debit_id or key.revoked_at is not null then
       raise exception 'the key may not spend from account %', entry.debit_id using errcode = 'TL003';
     end if;
     if key.cap_micro_usd is null then return; end if;
     spent := app.key_spent_in(entry.key_id, entry.debit_id, of_folio);
     if spent + entry.amount_micro_usd > key.cap_micro_usd then
       raise exception 'the key has spent % of %', spent, key.cap_micro_usd using errcode = 'TL002',
         detail = json_build_object('cap_micro_usd', key.cap_micro_usd::text, 'spent_micro_usd', spent::text);
     end if;
   end $$;

   create function app.close_folio(of_account bigint, of_folio int, balance bigint, at timestamptz) returns void
   language plpgsql set enable_seqscan = off as $$
   begin
     insert into app.ledger_key_carry (key_id, folio, spent_micro_usd)
       select key_id, of_folio, app.key_spent_in(key_id, of_account, of_folio) from (
         select key_id from app.ledger_entry
           where debit_id = of_account and debit_folio = of_folio and debit_folio > 0
         union
         select key_id from app.ledger_entry
           where credit_id = of_account and credit_folio = of_folio and credit_folio > 0) as used
       where key_id is not null;
     if balance > 0 then
       insert into app.ledger_entry
         (cause, kind, debit_id, debit_folio, credit_id, credit_folio, amount_micro_usd, created_at)
       values ('carry:' || of_account || ':' || of_folio, 'carry', of_account, of_folio, of_account, of_folio + 1,
         balance, at);
     end if;
     update app.account set folio = of_folio + 1 where account_id = of_account;
   end $$;

   -- What is left of an order's money. It can be taken out once, whoever tries at once.
   create function app.in_escrow(of_order uuid) returns bigint language plpgsql set enable_seqscan = off as $$
   begin
     perform pg_advisory_xact_lock(hashtextextended('escrow ' || of_order, 0));
     return (
       select coalesce(sum(amount), 0) from (
         select amount_micro_usd as amount from app.ledger_entry where cause = 'hold:' || of_order
         union all
         select amount_micro_usd from app.ledger_entry
           where cause > 'x402:' || of_order || ':' and cause < 'x402:' || of_order || ';' and credit_id = 2
         union all
         select -amount_micro_usd from app.ledger_entry where order_id = of_order and debit_id = 2) as entry);
   end $$;

   -- All rules stand here, since CHECK constraints are read anew by every statement (30 us for ten, measured); the plan
   -- of a sum must not depend on how many rows there were when a connection first made it.
   --
   -- Every statement of a volatile function sees what was committed before it, in read committed only. So what is
   -- summed after the lock was got is all that was ever posted. A cause that was posted before may be so again without
   -- harm: the row is left out, here when there is too little money, or else by the statement's ON CONFLICT.
   create function app.post_entry() returns trigger language plpgsql set enable_seqscan = off as $$
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
     if new.kind = 'carry' then
       if pg_trigger_depth() < 2 then raise exception 'carries are made by the ledger' using errcode = 'TL004'; end if;
       return new;
     end if;
     -- One customer at most, so that no two entries wait for each other's locks.
     if least(new.debit_id, new.credit_id) not between 1 and 4 or new.debit_id = new.credit_id
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
     new.debit_folio := 0;
     new.credit_folio := 0;
     if customer between 1 and 4 then return new; end if;
     -- The row's lock, by an update that changes nothing: those who wait for one row's lock alone get it one after the
     -- other from a queue that makes each wait twice (measured: 2.5 times slower with 20 waiting).
     update app.account set turn = turn where account_id = customer and kind = 'customer' returning folio into open_folio;
     if not found then raise exception 'there is no such account' using errcode = 'TL004'; end if;
     select coalesce(sum(amount), 0), count(*) into balance, entries from (
       select amount_micro_usd as amount from app.ledger_entry
         where credit_id = customer and credit_folio = open_folio and credit_folio > 0
       union all
       select -amount_micro_usd from app.ledger_entry
         where debit_id = customer and debit_folio = open_folio and debit_folio > 0) as entry;
     if is_debit then
       if balance < new.amount_micro_usd or new.key_id is not null then
         if exists (select from app.ledger_entry where cause = new.cause) then return null; end if;
       end if;
       if balance < new.amount_micro_usd then
         raise exception 'account % has %', customer, balance using errcode = 'TL001',
           -- What its owner has besides is none of a capped key's business.
           detail = json_build_object('balance_micro_usd', least(balance, (
             select greatest(0, cap_micro_usd - app.key_spent_in(key_id, customer, open_folio))
             from app.api_key where key_id = new.key_id and cap_micro_usd is not null))::text);
       end if;
       if new.key_id is not null then perform app.check_key(new, open_folio); end if;
     end if;
     if entries >= 32 then
       perform app.close_folio(customer, open_folio, balance, new.created_at);
       open_folio := open_folio + 1;
     end if;
     if is_debit then new.debit_folio := open_folio; else new.credit_folio := open_folio; end if;
     return new;
   end $$;
   create trigger post_entry before insert on app.ledger_entry for each row execute function app.post_entry();

   -- What the chain took back: from the customer as much as is there, the rest is the house's loss. Tells the loss.
   create function app.take_back(
     by_cause text, from_account bigint, amount bigint, of_order uuid, of_item text, of_payer text, on_chain int,
     at timestamptz
   ) returns bigint language plpgsql as $$
   declare
     open_folio int;
     taken bigint;
   begin
     select folio into strict open_folio from app.account where account_id = from_account for no key update;
     taken := least(amount, (select balance from app.folio_sum(from_account, open_folio)));
     insert into app.ledger_entry
       (cause, kind, debit_id, credit_id, amount_micro_usd, order_id, item, payer, chain_id, created_at)
     select by_cause || part.name, 'reversal', part.account, 1, part.amount, of_order, of_item, of_payer, on_chain, at
     from (values ('', from_account, taken), (':loss', 4, amount - taken)) as part (name, account, amount)
     where part.amount > 0
     on conflict (cause) do nothing;
     return amount - taken;
   end $$;`;
