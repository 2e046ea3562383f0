/** What real carriers need: their news until it is taken in, their names for our effects, and what they took. */
export const carriersMigration = `
   -- When the carrier was last asked for the effect: until that is surely over, no look-up is final.
   alter table app.carrier_call add column tried_at timestamptz;
   update app.carrier_call set tried_at = begun_at;
   alter table app.carrier_call alter column tried_at set not null;

   create table app.carrier_news (
     id bigserial primary key,
     carrier text not null,
     -- The same however often it is told.
     news_id text not null,
     happened_at timestamptz not null,
     body jsonb not null,
     kept_at timestamptz not null,
     acknowledged_at timestamptz,
     unique (carrier, news_id)
   );
   create index carrier_news_waiting on app.carrier_news (carrier, id) where acknowledged_at is null;
   create index carrier_news_old on app.carrier_news (acknowledged_at) where acknowledged_at is not null;

   -- A carrier's name for what it did, and ours. One effect has one name: of texts that are alike each claims its own.
   create table app.carrier_name (
     carrier text not null,
     carrier_id text not null,
     reference uuid not null,
     primary key (carrier, carrier_id),
     unique (carrier, reference)
   );

   -- What an effect cost us.
   create table app.carrier_cost (
     reference uuid primary key,
     carrier text not null,
     cost_micro_usd numeric(78) not null check (cost_micro_usd >= 0),
     told_at timestamptz not null
   );`;
