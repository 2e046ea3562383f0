import { randomUUID } from "node:crypto";
import type pg from "pg";
import type { Receiver } from "../deps.ts";
import { ApiError, invalidField } from "../errors.ts";
import { type AccountId, openAccount } from "../ledger.ts";
import { API_KEYS } from "../limits.ts";
import { type CallerAccount, type Credentials, callerAccount } from "./account.ts";
import { type ApiKeyDeps, freshKey, hashOfKey } from "./api-key.ts";
import type { KeyChange, KeyWish } from "./key-fields.ts";
import { addKey, changeKey, countKeys, findKey, type Key, listKeys, revokeKey, rotateKey } from "./keys.ts";
import type { Page } from "./page.ts";
import { signedInWallet } from "./siwe.ts";

// Every verb here throws unauthorized, invalid_api_key and key_may_not besides its own.

export type KeyDeps = ApiKeyDeps & { readonly receiver: Pick<Receiver, "chain"> | undefined };

/** A key, and its secret, which only this answer tells. */
export type Made = { readonly secret: string; readonly key: Key };

export async function keysOf(deps: KeyDeps, by: Credentials, page: Page): Promise<Key[]> {
  return listKeys(deps.db.pool, await managedBy(deps, by), page);
}

/** @throws ApiError key_limit, not_offered where no money is taken */
export async function makeKey(deps: KeyDeps, by: Credentials, wish: KeyWish): Promise<Made> {
  const accountId = await ownAccount(deps, by);
  return inTurn(deps, { by, accountIds: [accountId] }, async (client) => {
    const { perAccount } = API_KEYS;
    if ((await countKeys(client, accountId)) >= perAccount)
      throw new ApiError("key_limit", { details: { limit: perAccount } });
    const secret = freshKey();
    const keyId = randomUUID();
    await addKey(client, { ...wish, keyId, accountId, secret, at: now(deps) });
    return { secret: secret.key, key: await found(client, { keyId, accountIds: [accountId] }) };
  });
}

/** @throws ApiError not_found, invalid_field */
export async function alterKey(deps: KeyDeps, by: Credentials, wanted: KeyChange & { keyId: string }): Promise<Key> {
  const accountIds = await managedBy(deps, by);
  const which = { keyId: wanted.keyId, accountIds };
  return inTurn(deps, { by, accountIds }, async (client) => {
    const { mayManage } = await good(client, which);
    if (mayManage && wanted.capMicroUsd) throw invalidField("cap_usd", "must be null for a key that may manage");
    await changeKey(client, which, wanted);
    return found(client, which);
  });
}

/** The key as it was is good no more, from this moment; its cap and what was spent of it stay. @throws ApiError not_found */
export async function renewKey(deps: KeyDeps, by: Credentials, keyId: string): Promise<Made> {
  const accountIds = await managedBy(deps, by);
  return inTurn(deps, { by, accountIds }, async (client) => {
    await good(client, { keyId, accountIds });
    const secret = freshKey();
    await rotateKey(client, { keyId, accountIds }, { ...secret, at: now(deps) });
    return { secret: secret.key, key: await found(client, { keyId, accountIds }) };
  });
}

/** For good; a key that was revoked before stays as it is. @throws ApiError not_found */
export async function endKey(deps: KeyDeps, by: Credentials, keyId: string): Promise<Key> {
  const accountIds = await managedBy(deps, by);
  return inTurn(deps, { by, accountIds }, async (client) => {
    await revokeKey(client, { keyId, accountIds }, now(deps));
    return found(client, { keyId, accountIds });
  });
}

const now = ({ clock }: KeyDeps): Date => new Date(clock.nowMs());

async function managedBy(deps: KeyDeps, by: Credentials): Promise<readonly AccountId[]> {
  return manager(await callerAccount(deps, by)).accountIds;
}

function manager(caller: CallerAccount): CallerAccount {
  if (!caller.mayManage) throw new ApiError("key_may_not");
  return caller;
}

/** Where a new key belongs: to the account of the key that asks for it, or of the wallet where we take money. */
async function ownAccount(deps: KeyDeps, by: Credentials): Promise<AccountId> {
  if (by.apiKey !== undefined) return (await managedBy(deps, by))[0] as AccountId;
  const { address, onlyChainId } = await signedInWallet(deps, by.authorization);
  const chainId = onlyChainId ?? deps.receiver?.chain.id;
  if (chainId === undefined) throw new ApiError("not_offered");
  return openAccount(deps.db.pool, { address, chainId });
}

type Turn = { readonly by: Credentials; readonly accountIds: readonly AccountId[] };

/**
 * One change of an account's keys after the other, and none beside a purchase, which takes the same lock: what is revoked
 * here spends nothing afterwards. Whose key was revoked or rotated while he waited does nothing more with it.
 */
function inTurn<T>({ db }: KeyDeps, { by, accountIds }: Turn, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  return db.transaction(async (client) => {
    await client.query({ name: "keys-lock", text: LOCK, values: [accountIds] });
    if (by.apiKey !== undefined) {
      const { rowCount } = await client.query({ name: "keys-by", text: BY, values: [hashOfKey(by.apiKey)] });
      if (rowCount === 0) throw new ApiError("invalid_api_key");
    }
    return work(client);
  });
}

const LOCK = "select app.lock_account(account_id) from unnest($1::bigint[]) as account_id order by account_id";
const BY = "select from app.api_key where hash = $1 and revoked_at is null and may_manage";

async function found(client: pg.PoolClient, which: { keyId: string; accountIds: readonly AccountId[] }): Promise<Key> {
  const key = await findKey(client, which);
  if (!key) throw new ApiError("not_found", { message: "There is no such key." });
  return key;
}

async function good(client: pg.PoolClient, which: { keyId: string; accountIds: readonly AccountId[] }): Promise<Key> {
  const key = await found(client, which);
  if (key.revokedAt) throw new ApiError("not_found", { message: "This key was revoked." });
  return key;
}
