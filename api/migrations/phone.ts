/** Leased lines and messages. */
export const phoneMigration = `
   -- An effect at the carrier, noted before it is asked for. Whoever holds it may ask; until then nobody else does.
   create table app.carrier_call (
     reference uuid primary key,
     what text not null check (what in ('number', 'text')),
     state text not null check (state in ('open', 'done', 'refused')),
     -- What the carrier answered, once it did.
     answer jsonb,
     tries int not null,
     held_until timestamptz not null,
     begun_at timestamptz not null,
     check ((state = 'open') = (answer is null))
   );
   -- Numbers that may be ours without anybody's knowing: nothing was heard until it was too late.
   create index carrier_call_lost on app.carrier_call (begun_at)
     where what = 'number' and answer->>'reason' = 'no_answer';

   create table app.lease (
     -- The order that bought it, which is also the carrier's reference.
     lease_id uuid primary key,
     owner text not null,
     -- Where it was paid: a contract wallet is known on one chain only.
     chain_id int not null,
     phone_number text not null,
     country text not null,
     tier text not null check (tier in ('us', 'intl')),
     price_micro_usd numeric(78) not null,
     included_texts_left int not null check (included_texts_left >= 0),
     leased_at timestamptz not null,
     expires_at timestamptz not null,
     -- The chain lost the payment.
     suspended_at timestamptz,
     released_at timestamptz,
     -- The carrier knows that it was released.
     given_back_at timestamptz
   );
   create unique index lease_line on app.lease (phone_number) where released_at is null;
   create index lease_owner on app.lease (owner, leased_at);
   create index lease_leaving on app.lease (expires_at) where given_back_at is null;

   create table app.lease_renewal (
     order_id uuid primary key,
     lease_id uuid not null references app.lease,
     renewed_at timestamptz not null,
     revoked_at timestamptz
   );

   create table app.message (
     message_id uuid primary key,
     -- Ours for what goes out (the order's id, where there is one), the carrier's for what comes in.
     reference text not null,
     direction text not null check (direction in ('outbound', 'inbound')),
     -- Our number, while that is a leased one; null is the pool.
     line text,
     other text not null,
     body text not null,
     segments int not null,
     status text not null check (status in ('queued', 'sent', 'delivered', 'undelivered', 'failed', 'received')),
     -- Whose included text it is; null when it is paid for by itself.
     lease_id uuid references app.lease,
     created_at timestamptz not null,
     updated_at timestamptz not null,
     unique (direction, reference)
   );
   create index message_line on app.message (line, created_at) where line is not null;
   create index message_unsent on app.message (created_at) where status = 'queued' and lease_id is not null;

   create table app.opt_out (
     -- The number that shall not write any more; 'pool' for texts without a line.
     sender text not null,
     recipient text not null,
     is_out boolean not null,
     changed_at timestamptz not null,
     primary key (sender, recipient)
   );`;
