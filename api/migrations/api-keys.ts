/** Keys that spend what an account holds. */
export const apiKeysMigration = `
   create table app.api_key (
     -- Of a key that came with a top-up: the order's.
     key_id uuid primary key,
     account_id bigint not null,
     -- SHA-256 of the key, which is kept nowhere. Rotating replaces it; what was spent stays with key_id, and so does the cap.
     hash bytea not null unique check (length(hash) = 32),
     -- The key's beginning, to be known by.
     shown text not null,
     name text not null,
     -- What may be spent with it, ever; null is without limit.
     cap_micro_usd bigint check (cap_micro_usd >= 0),
     may_manage boolean not null,
     created_at timestamptz not null,
     rotated_at timestamptz,
     last_used_at timestamptz,
     revoked_at timestamptz,
     -- Who may manage makes himself a key without a cap.
     check (not may_manage or cap_micro_usd is null)
   );
   create index api_key_account on app.api_key (account_id, created_at);

   -- Top-ups that a key came with or that were made with it: so much its cap was raised by, where it has one.
   create table app.key_top_up (
     order_id uuid primary key,
     key_id uuid not null references app.api_key,
     amount_micro_usd bigint not null check (amount_micro_usd > 0),
     created_at timestamptz not null,
     -- The chain took the payment back, and the cap was lowered again.
     revoked_at timestamptz
   );`;
