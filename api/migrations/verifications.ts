/** Verifications of phone numbers, and look-ups that the carrier takes a fee for. */
export const verificationsMigration = `
   alter table app.carrier_call drop constraint carrier_call_what_check;
   alter table app.carrier_call add constraint carrier_call_what_check check (what in ('number', 'text', 'lookup'));

   create table app.verification (
     -- The order that bought it.
     order_id uuid primary key,
     -- Who knows it may try codes: another one than the order's, which is told to more.
     verification_id uuid not null unique,
     phone_number text not null,
     -- Keyed, for a million codes are soon tried.
     code_hash bytea not null,
     attempts int not null default 0,
     created_at timestamptz not null,
     -- When the carrier was known to have taken the text: its time begins then.
     sent_at timestamptz,
     expires_at timestamptz not null,
     approved_at timestamptz
   );`;
