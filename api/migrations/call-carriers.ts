/** Whom an effect was asked of: another carrier knows nothing of it. */
export const callCarriersMigration = `
   -- Null: from when that was not written down.
   alter table app.carrier_call add column carrier text;

   drop function app.take_hold(
     uuid, text, timestamptz, timestamptz, timestamptz, text, text, text[], text[], int[], jsonb);

   -- Puts an intent on record, or takes it up again; no row, when its answer is known or somebody else is asking. A new
   -- one is judged in the same moment: 'standing' is what stands against it already.
   create function app.take_hold(
     of_reference uuid, of_what text, now_at timestamptz, until timestamptz, cost_at timestamptz,
     of_product text, standing text, scopes text[], rules text[], caps int[], facts jsonb, by_carrier text
   ) returns table (tries int, begun_at timestamptz, tried_at timestamptz, carrier text, refusal text)
   language plpgsql as $$
   begin
     insert into app.carrier_call as call
         (reference, what, state, tries, held_until, begun_at, tried_at, cost_due_at, carrier)
       values (of_reference, of_what, 'open', 1, until, now_at, now_at, cost_at, by_carrier)
       on conflict (reference) do update set tries = call.tries + 1, held_until = until
         where call.state = 'open' and call.held_until <= now_at
       returning call.tries, call.begun_at, call.tried_at, call.carrier into tries, begun_at, tried_at, carrier;
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
