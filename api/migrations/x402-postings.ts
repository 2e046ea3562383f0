/**
 * The money of paid calls, in the ledger: where it lies is where its last entry took it, and before the first it is not
 * here. Orders and credits from before the ledger are posted as if they had been, and credits go: they are balances now.
 */
export const x402PostingsMigration = `
   -- Takes an order's money to where the change of its state takes it; account 1 is back to the chain. Tells what is
   -- lost: the chain took it back, and who had it has spent it.
   create function app.x402_move(
     of_order uuid, of_version int, to_account bigint, of_kind text, amount numeric, of_item text, of_payer text,
     on_chain int, at timestamptz
   ) returns bigint language plpgsql set enable_seqscan = off as $$
   declare
     this_cause constant text := 'x402:' || of_order || ':' || of_version;
     from_account bigint := 1;
     lost bigint := 0;
   begin
     select credit_id into from_account from app.ledger_entry
       where cause > 'x402:' || of_order || ':' and cause < 'x402:' || of_order || ';' order by entry_id desc limit 1;
     from_account := coalesce(from_account, 1);
     if from_account = to_account then return 0; end if;
     if to_account = 1 and from_account >= 1000 then
       return app.take_back(this_cause, from_account, amount::bigint, of_order, of_item, of_payer, on_chain, at);
     end if;
     -- What the chain gives again makes good first what its taking back has cost us: that much was spent already.
     if from_account = 1 and to_account >= 1000 then
       select least(amount, coalesce(sum(case when debit_id = 4 then amount_micro_usd else -amount_micro_usd end), 0))
       into lost from app.ledger_entry
       where cause > 'x402:' || of_order || ':' and cause < 'x402:' || of_order || ';' and 4 in (debit_id, credit_id);
     end if;
     insert into app.ledger_entry
       (cause, kind, debit_id, credit_id, amount_micro_usd, order_id, item, payer, chain_id, created_at)
     select this_cause || part.name, of_kind, from_account, part.account, part.amount, of_order, of_item, of_payer,
       on_chain, at
     from (values (':loss', 4, lost), ('', to_account, amount::bigint - lost)) as part (name, account, amount)
     where part.amount > 0;
     return 0;
   end $$;

   -- Their versions so far are enough for as many causes: none is fulfilled or credited before its first change.
   select app.x402_move(id, version - 1, 2, 'payment', settled_micro_usd, sale_id, payer, chain_id, created_at)
   from app.x402_order where state in ('settled', 'fulfilled') order by created_at;
   select app.x402_move(id, version, 3, 'capture', settled_micro_usd, sale_id, payer, chain_id, created_at)
   from app.x402_order where state = 'fulfilled' order by created_at;
   select app.x402_move(o.id, o.version, app.open_account(o.payer, o.chain_id), 'credit', c.amount_micro_usd, o.sale_id,
     o.payer, o.chain_id, c.created_at)
   from app.credit c join app.x402_order o on o.id = c.order_id where c.revoked_at is null order by c.created_at;
   drop table app.credit;

   -- What the deposits task looks for: authorizations that were paid and have no order.
   create index x402_order_authorization on app.x402_order (chain_id, payer, nonce);`;
