/** Who is told what became of a text that left from no line. */
export const textBuyersMigration = `
   alter table app.message add column buyer text, add column buyer_chain_id int,
     add check ((buyer is null) = (buyer_chain_id is null));`;

/** What owners want to be told of, and what is still to be told. */
export const webhooksMigration = `
   create table app.webhook (
     webhook_id uuid primary key,
     owner text not null,
     -- Of a contract wallet, whose address may be somebody else's on another chain; null hears of every chain.
     chain_id int,
     url text not null,
     -- host:port of the URL: what is bounded, so that one slow server holds up no other.
     target text not null,
     -- Null is every type.
     types text[],
     description text,
     -- 'paused' by its owner: what happens meanwhile goes out later. 'gone' by its target's 410: nothing is kept.
     state text not null check (state in ('active', 'paused', 'gone')),
     -- Sealed with AES-256-GCM; the one before it signs too, for a day.
     secret bytea not null,
     old_secret bytea,
     old_secret_until timestamptz,
     created_at timestamptz not null,
     updated_at timestamptz not null,
     check ((old_secret is null) = (old_secret_until is null))
   );
   create index webhook_owner on app.webhook (owner, created_at);

   create table app.webhook_delivery (
     delivery_id uuid primary key,
     webhook_id uuid not null references app.webhook on delete cascade,
     -- What the target knows the event by, the same however often it is told.
     event_id text not null,
     type text not null,
     -- The very bytes that are signed.
     body text not null,
     target text not null,
     state text not null check (state in ('waiting', 'paused', 'delivered', 'dead')),
     attempts int not null,
     last_status int,
     next_at timestamptz not null,
     -- Somebody is sending it; past this, nobody is.
     held_until timestamptz,
     created_at timestamptz not null,
     ended_at timestamptz,
     check ((state in ('delivered', 'dead')) = (ended_at is not null)),
     unique (webhook_id, event_id)
   );
   create index webhook_delivery_due on app.webhook_delivery (target, next_at) where state = 'waiting';
   create index webhook_delivery_log on app.webhook_delivery (webhook_id, created_at, delivery_id);
   create index webhook_delivery_old on app.webhook_delivery (created_at);

   -- In SQL, so that a statement can tell of what it does and either both last or neither does. The lock on the webhook
   -- keeps a delivery from being made for one that is resumed meanwhile: it would wait for ever.
   create function app.emit(the_event text, the_type text, the_owner text, the_chain int, the_body text, happened timestamptz)
   returns void language sql as $$
     insert into app.webhook_delivery
       (delivery_id, webhook_id, event_id, type, body, target, state, attempts, next_at, created_at)
     select gen_random_uuid(), webhook_id, the_event, the_type, the_body, target,
       case state when 'paused' then 'paused' else 'waiting' end, 0, happened, happened
     from app.webhook
     where owner = the_owner and state <> 'gone' and (chain_id is null or chain_id = the_chain)
       and (types is null or the_type = any (types))
     for share
     on conflict (webhook_id, event_id) do nothing
   $$;`;
