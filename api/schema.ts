import { apiCallsMigration } from "./migrations/api-calls.ts";
import { apiKeysMigration } from "./migrations/api-keys.ts";
import { balanceOrdersMigration } from "./migrations/balance-orders.ts";
import { callCarriersMigration } from "./migrations/call-carriers.ts";
import { carriersMigration } from "./migrations/carriers.ts";
import { codeOrdersMigration } from "./migrations/code-orders.ts";
import { ledgerMigration } from "./migrations/ledger.ts";
import { ledgerSpeedMigration } from "./migrations/ledger-speed.ts";
import { listedApisMigration } from "./migrations/listed-apis.ts";
import { operatorMigration } from "./migrations/operator.ts";
import { payPerCallMigration } from "./migrations/pay-per-call.ts";
import { phoneMigration } from "./migrations/phone.ts";
import { smppMigration } from "./migrations/smpp.ts";
import { verificationsMigration } from "./migrations/verifications.ts";
import { textBuyersMigration, webhooksMigration } from "./migrations/webhooks.ts";
import { wordsOfCodesMigration } from "./migrations/words-of-codes.ts";
import { x402PostingsMigration } from "./migrations/x402-postings.ts";

/**
 * What the API alone knows, in schema `app`: everything that cannot be derived from the chain. Applied in order, each
 * once; an entry that has been released never changes. Times are timestamptz, money is numeric(78), addresses lowercase.
 */
export const migrations: readonly string[] = [
  `create table app.masked_api (
     api_id uuid primary key,
     status text not null check (status in ('active', 'paused', 'deleted')),
     created_at timestamptz not null
   );

   -- One row per edit. A quote stays good for the version that it was made from, so none is ever changed or removed.
   create table app.masked_api_terms (
     api_id uuid not null references app.masked_api,
     version int not null,
     name text,
     description text,
     merchant text not null,
     token text not null,
     amount_wei numeric(78) not null check (amount_wei > 0),
     valid_for_sec int not null check (valid_for_sec > 0),
     chain_id int not null,
     fee_bps int,
     allowed_methods text[] not null,
     permit jsonb,
     -- URL and secret headers, sealed with AES-256-GCM.
     upstream bytea not null,
     created_at timestamptz not null,
     primary key (api_id, version)
   );
   create index masked_api_terms_merchant on app.masked_api_terms (merchant);

   -- Sessions that were unlocked once: they stay so whatever the index does. Holds a hash, never the credential.
   create table app.session_grant (
     id bigserial primary key,
     session_hash bytea not null unique,
     api_id uuid not null references app.masked_api,
     version int not null,
     payment_id text not null,
     binding text not null check (binding in ('bound', 'public')),
     payer text not null,
     tx_hash text not null,
     amount_wei numeric(78) not null,
     expires_at timestamptz not null,
     created_at timestamptz not null
   );
   create index session_grant_api on app.session_grant (api_id);

   -- Fees that quotes were made with: a payment id can only be computed again by who knows the fee.
   create table app.gateway_fee (
     chain_id int not null,
     fee_bps int not null,
     seen_at timestamptz not null,
     primary key (chain_id, fee_bps)
   );

   create table app.siwe_nonce (
     nonce text primary key,
     address text not null,
     message text not null,
     expires_at timestamptz not null
   );

   create table app.sign_in (
     token_hash bytea primary key,
     address text not null,
     chain_id int not null,
     expires_at timestamptz not null
   );`,

  // A contract wallet's word holds on the chain that was asked. Which kind earlier tokens are of was not noted.
  "alter table app.sign_in add column is_contract boolean not null default true",

  payPerCallMigration,
  phoneMigration,
  balanceOrdersMigration,
  apiKeysMigration,
  webhooksMigration,
  ledgerMigration,
  codeOrdersMigration,
  x402PostingsMigration,
  textBuyersMigration,
  listedApisMigration,
  apiCallsMigration,
  ledgerSpeedMigration,
  carriersMigration,
  verificationsMigration,
  operatorMigration,
  smppMigration,
  callCarriersMigration,
  wordsOfCodesMigration,
];

/** Channel on which a write tells every API process what it may have cached: an api id, or "fees". */
export const CHANGED_CHANNEL = "turnpike_app";
