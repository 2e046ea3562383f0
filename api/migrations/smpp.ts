/** What SMPP leaves to us: whose number is whose, what has left, and messages that come in parts. */
export const smppMigration = `
   -- The numbers of the operator's file, and who holds them.
   create table app.smpp_line (
     phone_number text primary key,
     country text not null,
     monthly_micro_usd numeric(78) not null,
     -- False: the operator has taken it out of the file.
     is_offered boolean not null,
     -- Reference of the order that holds it.
     held_by uuid,
     -- A number that was given back rests, so that its next holder gets no messages meant for the last one.
     free_from timestamptz not null default '-infinity'
   );
   create index smpp_line_on_sale on app.smpp_line (country, phone_number) where held_by is null and is_offered;

   create table app.smpp_purchase (
     reference uuid primary key,
     phone_number text not null,
     monthly_micro_usd numeric(78) not null,
     bought_at timestamptz not null
   );

   -- A row is written before its part leaves, and taken back only when it surely did not: who has written it sends it,
   -- and nobody else ever does.
   create table app.smpp_part (
     part_reference uuid primary key,
     reference uuid not null,
     part int not null,
     sender text not null,
     recipient text not null,
     state text not null check (state in ('begun', 'taken', 'refused')),
     -- Why it was refused.
     reason text,
     -- What the receipts say.
     status text check (status in ('sent', 'undelivered', 'delivered')),
     begun_at timestamptz not null,
     unique (reference, part)
   );
   create index smpp_part_in_doubt on app.smpp_part (recipient, begun_at) where state = 'begun';

   -- Messages from outside, or their parts, until nobody repeats them any more.
   create table app.smpp_inbound (
     sender text not null,
     recipient text not null,
     -- The sender's number of a text in several parts; of one that comes whole its octets' hash.
     text_number text not null,
     parts int not null,
     part int not null,
     octets bytea not null,
     data_coding int not null,
     -- The connection and the place on it that it came by: a repetition comes by another.
     came_by text not null,
     kept_at timestamptz not null,
     is_told boolean not null default false,
     primary key (sender, recipient, text_number, parts, part)
   );
   create index smpp_inbound_age on app.smpp_inbound (kept_at);`;
