import type { Db } from "../../../db.ts";
import { RANGES } from "./ranges.ts";

const TABLES = `
  create table carrier.number (
    phone_number text primary key,
    country text not null,
    -- Reference of the order that holds it.
    held_by text,
    -- A number that was given back rests, so that its next holder gets no messages meant for the last one.
    free_from timestamptz not null default '-infinity'
  );
  create index number_on_sale on carrier.number (country, phone_number) where held_by is null;

  create table carrier.purchase (
    reference text primary key,
    phone_number text not null references carrier.number,
    bought_at timestamptz not null
  );

  create table carrier.message (
    reference text primary key,
    sender text not null,
    recipient text not null,
    body text not null,
    accepted_at timestamptz not null
  );

  -- Told from due_at on, until somebody acknowledges. A row put in by hand is a message from outside:
  -- insert into carrier.event (sender, recipient, body) values ('+447700900001', '+12015550100', 'STOP');
  create table carrier.event (
    id bigserial primary key,
    kind text not null default 'inbound' check (kind in ('receipt', 'inbound')),
    due_at timestamptz not null default now(),
    acknowledged_at timestamptz,
    reference text not null default gen_random_uuid(),
    status text check (status in ('sent', 'delivered', 'undelivered')),
    sender text,
    recipient text,
    body text,
    check (case kind when 'receipt' then status is not null else num_nonnulls(sender, recipient, body) = 3 end)
  );
  create index event_waiting on carrier.event (due_at, id) where acknowledged_at is null;

  -- One row makes one call go wrong: the next one at that place, for that number or country where one is named.
  create table carrier.fault (
    id bigserial primary key,
    place text not null check (place in ('buy', 'send', 'find', 'release')),
    kind text not null,
    target text
  );`;

/** Builds the sandbox carrier's world, once per database: it outlives every process of ours. */
export async function buildCarrier(db: Db): Promise<void> {
  await db.transaction(async (client) => {
    // Several processes may start at once; the lock lasts until commit.
    await client.query("select pg_advisory_xact_lock(hashtext('turnpike sandbox carrier'))");
    const { rows } = await client.query("select to_regclass('carrier.fault') is not null as built");
    if (rows[0].built) return;
    await client.query("create schema if not exists carrier");
    await client.query(TABLES);
    for (const { country, prefix, from, to, digits } of RANGES)
      await client.query(
        `insert into carrier.number (phone_number, country)
         select $1 || lpad(n::text, $2, '0'), $3 from generate_series($4::int, $5::int) n`,
        [prefix, digits, country, from, to],
      );
  });
}
