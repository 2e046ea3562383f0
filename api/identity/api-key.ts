import { createHash, createHmac, randomBytes } from "node:crypto";
import type { Address } from "viem";
import type { Deps } from "../deps.ts";
import { ApiError } from "../errors.ts";
import type { AccountId, Holder } from "../ledger.ts";
import { API_KEYS } from "../limits.ts";

/** Whose money a key spends. */
export type KeyHolder = {
  readonly keyId: string;
  readonly accountId: AccountId;
  readonly holder: Holder;
  /** Whether it may make, change and revoke keys of its account. */
  readonly mayManage: boolean;
};

export type ApiKeyDeps = Pick<Deps, "db" | "clock">;

/** Who sent `X-API-Key`. @throws ApiError unauthorized when there is none, invalid_api_key when it is not good, or not any more */
export async function keyHolder({ db, clock }: ApiKeyDeps, given: string | undefined): Promise<KeyHolder> {
  if (given === undefined) throw new ApiError("unauthorized");
  if (!API_KEY.test(given)) throw new ApiError("invalid_api_key");
  const { rows } = await db.pool.query<Row>({ name: "api-key", text: HOLDER, values: [hashOfKey(given)] });
  const [row] = rows;
  if (!row) throw new ApiError("invalid_api_key");
  const nowMs = clock.nowMs();
  const seenBefore = new Date(nowMs - API_KEYS.usedWithinSec * 1000);
  if (row.last_used_at === null || row.last_used_at <= seenBefore)
    await db.pool.query({ name: "api-key-used", text: USED, values: [row.key_id, new Date(nowMs), seenBefore] });
  return {
    keyId: row.key_id,
    accountId: row.account_id,
    holder: { address: row.address, chainId: row.chain_id },
    mayManage: row.may_manage,
  };
}

/** A key as its owner sees it once. */
export type Secret = { readonly key: string; readonly hash: Buffer; readonly shown: string };

export const freshKey = (): Secret => secretOf(randomBytes(32));

/** The key that came with a top-up: it can be made again for who proves to be its buyer, and is stored nowhere. */
export const keyOfOrder = (secretsKey: Buffer, orderId: string): Secret =>
  secretOf(createHmac("sha256", secretsKey).update(`api key|${orderId}`).digest());

const PREFIX = "tpk_";
const API_KEY = /^tpk_[\w-]{43}$/;
/** The prefix and six characters: enough to tell one's own keys apart, 220 bits short of the key. */
const SHOWN_CHARS = PREFIX.length + 6;

function secretOf(bytes: Buffer): Secret {
  const key = PREFIX + bytes.toString("base64url");
  return { key, hash: hashOfKey(key), shown: key.slice(0, SHOWN_CHARS) };
}

export const hashOfKey = (key: string): Buffer => createHash("sha256").update(key).digest();

const HOLDER = `
  select k.key_id, k.account_id, k.may_manage, k.last_used_at, a.address, a.chain_id
  from app.api_key k join app.account a using (account_id)
  where k.hash = $1 and k.revoked_at is null`;
const USED = `
  update app.api_key set last_used_at = $2 where key_id = $1 and (last_used_at is null or last_used_at <= $3)`;

type Row = {
  key_id: string;
  account_id: AccountId;
  may_manage: boolean;
  last_used_at: Date | null;
  address: Address;
  chain_id: number;
};
