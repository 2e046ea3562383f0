/** What the operator rules over: texts of a day, switches of all sales, what was done and refused, and costs to ask for. */
export const operatorMigration = `
   -- Texts of a UTC day that were sent or are to be, by whom a cap counts: 'payer:…', 'to:…' or 'all'.
   create table app.text_count (
     scope text not null,
     day date not null,
     texts int not null check (texts >= 0),
     primary key (scope, day)
   );
   create index text_count_day on app.text_count (day);

   -- Why the carrier shall not be asked now: 'sales_paused', or the scope whose texts of the day are used up; null when
   -- it may be. With takes the text is counted, in the caller's transaction: as many are let through as the caps allow,
   -- and who pauses the sale waits for those that are being let through.
   create function app.carrier_refusal(of_product text, scopes text[], caps int[], on_day date, takes boolean)
   returns text language plpgsql as $$
   declare
     so_far int;
     full_scope text;
   begin
     if takes then perform pg_advisory_xact_lock_shared(hashtextextended('sale of ' || of_product, 0)); end if;
     if exists (select from app.sales_switch where product = of_product and is_paused) then return 'sales_paused'; end if;
     if not takes then
       select scope into full_scope from unnest(scopes, caps) asked (scope, cap)
         join app.text_count using (scope) where day = on_day and texts >= cap limit 1;
       return full_scope;
     end if;
     begin
       -- In the caller's order, the same for all texts: none waits for another in a circle.
       for i in 1 .. cardinality(scopes) loop
         full_scope := scopes[i];
         insert into app.text_count as known (scope, day, texts) values (full_scope, on_day, 1)
           on conflict (scope, day) do update set texts = known.texts + 1
           returning texts into so_far;
         if so_far > caps[i] then raise exception 'full' using errcode = 'TC001'; end if;
       end loop;
     exception when sqlstate 'TC001' then
       return full_scope;
     end;
     return null;
   end $$;

   -- What the operator did, and what the rules refused. Refusals before any money are many and alike: those of a day,
   -- a rule and a country are one row.
   create table app.audit (
     audit_id bigserial primary key,
     first_at timestamptz not null,
     last_at timestamptz not null,
     times int not null,
     actor text not null check (actor in ('operator', 'rules')),
     action text not null,
     facts jsonb not null,
     fold text unique
   );
   create index audit_latest on app.audit (last_at desc, audit_id desc);

   -- ISO 3166-1 alpha-2, of the number that it was sent to; null is no country's.
   alter table app.message add column country text;
   -- Words that the operator keeps for some days only.
   create index message_words on app.message (created_at) where body <> '';
   create index x402_order_words on app.x402_order (created_at) where input->>'text' <> '';
   create index balance_order_words on app.balance_order (created_at) where input->>'text' <> '';
   create index carrier_news_words on app.carrier_news (acknowledged_at) where body->>'text' <> '';

   -- When the carrier is asked next what an effect cost.
   alter table app.carrier_call add column cost_due_at timestamptz, add column cost_looks int not null default 0;
   create index carrier_call_cost on app.carrier_call (cost_due_at) where cost_due_at is not null;

   -- Puts an intent on record, or takes it up again; no row, when its answer is known or somebody else is asking. A new
   -- one is judged in the same moment: 'standing' is what stands against it already.
   create function app.take_hold(
     of_reference uuid, of_what text, now_at timestamptz, until timestamptz, cost_at timestamptz,
     of_product text, standing text, scopes text[], rules text[], caps int[], facts jsonb
   ) returns table (tries int, begun_at timestamptz, tried_at timestamptz, refusal text) language plpgsql as $$
   begin
     insert into app.carrier_call as call
         (reference, what, state, tries, held_until, begun_at, tried_at, cost_due_at)
       values (of_reference, of_what, 'open', 1, until, now_at, now_at, cost_at)
       on conflict (reference) do update set tries = call.tries + 1, held_until = until
         where call.state = 'open' and call.held_until <= now_at
       returning call.tries, call.begun_at, call.tried_at into tries, begun_at, tried_at;
     if not found then return; end if;
     if tries = 1 and of_product is not null then
       refusal := coalesce(standing,
         app.carrier_refusal(of_product, scopes, caps, (now_at at time zone 'UTC')::date, true));
       refusal := coalesce(rules[array_position(scopes, refusal)], refusal);
     end if;
     if refusal is not null then
       update app.carrier_call set state = 'refused', answer = '{"kind":"refused","reason":"against_rules"}',
         cost_due_at = null
         where reference = of_reference;
       insert into app.audit (first_at, last_at, times, actor, action, facts)
         values (now_at, now_at, 1, 'rules', 'refused_and_credited',
           facts || jsonb_build_object('rule', refusal, 'reference', of_reference));
     end if;
     return next;
   end $$;`;
