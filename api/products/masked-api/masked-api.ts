import type { Address } from "viem";
import { getAddress } from "viem";
import type { Sale, Terms } from "../../payments/session/terms.ts";
import type { PermitDomain } from "../../providers/token-permit.ts";
import { type UpstreamSecret, unsealUpstream } from "./seal.ts";

/** A public id: a UUID in lower case. */
export const API_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export type Status = "active" | "paused" | "deleted";

/** A public id with a price, and the hidden URL behind it. */
export type MaskedApi = Sale & {
  readonly status: Status;
  /** Shown to everybody by discovery, as its merchant has told. */
  readonly isListed: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly chainId: number;
  readonly allowedMethods: ReadonlySet<string>;
  /** What the merchant noted as the fee when creating it. Quotes use the fee in force. */
  readonly feeBpsSnapshot: number | undefined;
  /** Never leaves the process but towards the upstream. */
  readonly upstream: UpstreamSecret;
};

/** A row of `app.masked_api` joined with one of `app.masked_api_terms`. */
export type Row = {
  api_id: string;
  status: Status;
  listed_at: Date | null;
  api_created_at: Date;
  version: number;
  name: string | null;
  description: string | null;
  merchant: string;
  token: string;
  amount_wei: string;
  valid_for_sec: number;
  chain_id: number;
  fee_bps: number | null;
  allowed_methods: string[];
  permit: PermitDomain | null;
  upstream: Buffer;
  created_at: Date;
};

export const SELECT = `select a.api_id, a.status, a.listed_at, a.created_at as api_created_at, t.version, t.name,
    t.description, t.merchant, t.token, t.amount_wei, t.valid_for_sec, t.chain_id, t.fee_bps, t.allowed_methods,
    t.permit, t.upstream, t.created_at
  from app.masked_api a join app.masked_api_terms t using (api_id)`;

/** All rows of one API, newest version first; undefined for none. */
export function maskedApiOf(rows: readonly Row[], secretsKey: Buffer): MaskedApi | undefined {
  const [newest] = rows;
  if (!newest) return undefined;
  return {
    apiId: newest.api_id,
    terms: rows.map(termsOf) as [Terms, ...Terms[]],
    status: newest.status,
    isClosed: newest.status === "deleted",
    isListed: newest.listed_at !== null,
    createdAt: newest.api_created_at,
    updatedAt: newest.created_at,
    chainId: newest.chain_id,
    allowedMethods: new Set(newest.allowed_methods),
    feeBpsSnapshot: newest.fee_bps ?? undefined,
    upstream: unsealUpstream(secretsKey, newest.api_id, newest.upstream),
  };
}

function termsOf(row: Row): Terms {
  return {
    apiId: row.api_id,
    version: row.version,
    name: row.name ?? undefined,
    description: row.description ?? undefined,
    merchant: getAddress(row.merchant),
    token: getAddress(row.token) as Address,
    amountWei: BigInt(row.amount_wei),
    validForSec: row.valid_for_sec,
    permit: row.permit ?? undefined,
    createdAtSec: Math.floor(row.created_at.getTime() / 1000),
  };
}

/** What anyone may see of it: the fields of the row that the seed's answer carries, with the masked URL. */
export function publicProjection(api: MaskedApi, publicUrl: string): Record<string, unknown> {
  const [terms] = api.terms;
  return {
    id: api.apiId,
    apiId: api.apiId,
    name: terms.name ?? null,
    description: terms.description ?? null,
    api_url: `${publicUrl}/api/${api.apiId}`,
    merchant_wallet: terms.merchant,
    token_address: terms.token,
    amount_wei: terms.amountWei.toString(),
    valid_for_sec: terms.validForSec,
    chain_id: api.chainId,
    fee_bps: api.feeBpsSnapshot ?? null,
    allowed_methods: [...api.allowedMethods],
    status: api.status,
    is_listed: api.isListed,
    version: terms.version,
    created_at: api.createdAt.toISOString(),
    updated_at: api.updatedAt.toISOString(),
  };
}
