/** Paid calls and what they left to their payers. */
export const payPerCallMigration = `
   create table app.x402_order (
     id uuid primary key,
     -- One authorization buys one thing: this is the lock.
     pay_key text not null unique,
     sale_id text not null,
     fingerprint text not null,
     -- SHA-256 of the client's own id of the purchase, which proves who he is.
     payment_id_hash text,
     payer text not null,
     chain_id int not null,
     -- The receiver: one that was paid elsewhere is not judged by what arrived here.
     pay_to text not null,
     nonce text not null,
     valid_before_sec bigint not null,
     price_micro_usd numeric(78) not null check (price_micro_usd > 0),
     -- json, not jsonb: answers are told again letter by letter.
     payload json not null,
     input json not null,
     state text not null check (state in ('settling', 'refused', 'expired', 'settled', 'fulfilled', 'credited', 'revoked')),
     version int not null,
     reason text,
     tx_hash text,
     settled_micro_usd numeric(78),
     answer json,
     is_final boolean not null,
     looks int not null,
     due_at timestamptz,
     created_at timestamptz not null
   );
   create unique index x402_order_payment_id on app.x402_order (payer, payment_id_hash)
     where payment_id_hash is not null and state in ('settling', 'settled', 'fulfilled');
   create index x402_order_due on app.x402_order (state, due_at) where due_at is not null;
   -- What a payer has under way, and what of his came to nothing.
   create index x402_order_payer on app.x402_order (payer) where state in ('settling', 'refused', 'expired');

   -- Whether a payer's next order can be taken. One of his orders after the other, in all processes: what is counted
   -- here is seen after the lock was got.
   create function app.x402_has_room(
     by_payer text, on_chain int, price numeric, balance numeric, most_open int, most_refused int, since timestamptz
   ) returns boolean language plpgsql as $$
   begin
     perform pg_advisory_xact_lock(hashtextextended('x402 payer ' || by_payer, 0));
     return (
       select count(*) filter (where state = 'settling') < most_open
         and count(*) filter (where state <> 'settling') < most_refused
         and (balance is null or coalesce(sum(price_micro_usd) filter (where state = 'settling'), 0) + price <= balance)
       from app.x402_order
       where payer = by_payer and chain_id = on_chain and (state = 'settling'
         or state in ('refused', 'expired') and created_at > since and reason is distinct from 'already_used'));
   end $$;

   -- What was charged and could not be fulfilled. One the chain took back is void.
   create table app.credit (
     order_id uuid primary key references app.x402_order,
     payer text not null,
     chain_id int not null,
     amount_micro_usd numeric(78) not null check (amount_micro_usd > 0),
     created_at timestamptz not null,
     revoked_at timestamptz
   );
   create index credit_payer on app.credit (payer);`;
