/** What was paid from balances. */
export const balanceOrdersMigration = `
   create table app.balance_order (
     id uuid primary key,
     account_id bigint not null,
     key_id uuid not null,
     sale_id text not null,
     -- The caller's own name for what he asks; with it he gets the same answer again.
     idempotency_key text,
     fingerprint text not null,
     payer text not null,
     chain_id int not null,
     price_micro_usd bigint not null check (price_micro_usd > 0),
     -- json, not jsonb: answers are told again letter by letter.
     input json not null,
     state text not null check (state in ('held', 'fulfilled', 'released')),
     reason text,
     answer json,
     looks int not null,
     due_at timestamptz,
     created_at timestamptz not null,
     check ((state = 'held') = (due_at is not null))
   );
   create unique index balance_order_name on app.balance_order (account_id, idempotency_key)
     where idempotency_key is not null;
   create index balance_order_due on app.balance_order (due_at) where due_at is not null;`;
