import type { Queryable } from "../ledger.ts";
import type { Secret } from "./api-key.ts";
import type { KeyChange, KeyWish } from "./key-fields.ts";
import type { Page } from "./page.ts";

/** A key as its owner may read it: never the key itself. */
export type Key = {
  readonly keyId: string;
  readonly shown: string;
  readonly name: string;
  readonly capMicroUsd: bigint | null;
  /** Since the key was made, whatever it was rotated to: what was released is not spent. */
  readonly spentMicroUsd: bigint;
  readonly mayManage: boolean;
  readonly address: string;
  readonly chainId: number;
  readonly createdAt: Date;
  readonly rotatedAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
};

export type NewKey = KeyWish & {
  readonly keyId: string;
  readonly accountId: string;
  readonly secret: Omit<Secret, "key">;
  readonly at: Date;
};

/** A key, if it is of one of these accounts. */
export type KeyOf = { readonly keyId: string; readonly accountIds: readonly string[] };

/** Good keys first, the newest of them first. */
export async function listKeys(on: Queryable, accountIds: readonly string[], { limit, offset }: Page): Promise<Key[]> {
  const { rows } = await on.query<Row>({ name: "keys-list", text: LIST, values: [accountIds, limit, offset] });
  return rows.map(keyOf);
}

export const findKey = (on: Queryable, { keyId, accountIds }: KeyOf): Promise<Key | undefined> =>
  first(on, { name: "key-find", text: `${SELECT} where k.key_id = $1 and k.account_id = any($2)` }, [
    keyId,
    accountIds,
  ]);

/** What a key can spend of a balance: what its owner has besides is none of a capped key's business. */
export function spendableOf({ capMicroUsd, spentMicroUsd }: SpendingLimit, balanceMicroUsd: bigint): bigint {
  if (capMicroUsd === null) return balanceMicroUsd;
  const left = capMicroUsd > spentMicroUsd ? capMicroUsd - spentMicroUsd : 0n;
  return left < balanceMicroUsd ? left : balanceMicroUsd;
}

type SpendingLimit = Pick<Key, "capMicroUsd" | "spentMicroUsd">;

/** Does nothing when there is a key of this id. */
export async function addKey(on: Queryable, { keyId, accountId, secret, at, ...wish }: NewKey): Promise<void> {
  const values = [keyId, accountId, secret.hash, secret.shown, wish.name];
  const { capMicroUsd, mayManage } = wish;
  await on.query({ name: "key-add", text: ADD, values: [...values, capMicroUsd?.toString() ?? null, mayManage, at] });
}

/** Of an account: those that are good. */
export async function countKeys(on: Queryable, accountId: string): Promise<number> {
  const { rows } = await on.query<{ count: number }>({ name: "keys-count", text: COUNT, values: [accountId] });
  return rows[0]?.count ?? 0;
}

/** False, when there is no such key, or it may manage and shall get a cap. */
export const changeKey = (on: Queryable, { keyId, accountIds }: KeyOf, change: KeyChange): Promise<boolean> => {
  const cap = [change.capMicroUsd !== undefined, change.capMicroUsd?.toString() ?? null];
  return isDone(on, { name: "key-change", text: CHANGE }, [keyId, accountIds, change.name ?? null, ...cap]);
};

/** What the key was before is good no more. False, when there is no such key. */
export const rotateKey = (on: Queryable, { keyId, accountIds }: KeyOf, to: Omit<Secret, "key"> & { at: Date }) =>
  isDone(on, { name: "key-rotate", text: ROTATE }, [keyId, accountIds, to.hash, to.shown, to.at]);

/** For good. False, when there is no such key, or it was revoked before. */
export const revokeKey = (on: Queryable, { keyId, accountIds }: KeyOf, at: Date) =>
  isDone(on, { name: "key-revoke", text: REVOKE }, [keyId, accountIds, at]);

const SELECT = `
  select k.key_id, k.shown, k.name, k.cap_micro_usd, k.may_manage, k.created_at, k.rotated_at, k.last_used_at,
    k.revoked_at, a.address, a.chain_id, app.key_spent_in(k.key_id, k.account_id, a.folio) as spent_micro_usd
  from app.api_key k join app.account a using (account_id)`;
const LIST = `${SELECT} where k.account_id = any($1)
  order by (k.revoked_at is not null), k.created_at desc, k.key_id limit $2 offset $3`;
const ADD = `
  insert into app.api_key (key_id, account_id, hash, shown, name, cap_micro_usd, may_manage, created_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (key_id) do nothing`;
const COUNT = "select count(*)::int as count from app.api_key where account_id = $1 and revoked_at is null";
const GOOD = "key_id = $1 and account_id = any($2) and revoked_at is null";
const CHANGE = `
  update app.api_key set name = coalesce($3, name), cap_micro_usd = case when $4::boolean then $5::bigint else cap_micro_usd end
  where ${GOOD} and not (may_manage and $5::bigint is not null)`;
const ROTATE = `update app.api_key set hash = $3, shown = $4, rotated_at = $5, last_used_at = null where ${GOOD}`;
const REVOKE = `update app.api_key set revoked_at = $3 where ${GOOD}`;

type Statement = { readonly name: string; readonly text: string };

async function first(on: Queryable, statement: Statement, values: unknown[]): Promise<Key | undefined> {
  const { rows } = await on.query<Row>({ ...statement, values });
  return rows[0] && keyOf(rows[0]);
}

async function isDone(on: Queryable, statement: Statement, values: unknown[]): Promise<boolean> {
  const { rowCount } = await on.query({ ...statement, values });
  return rowCount === 1;
}

type Row = {
  key_id: string;
  shown: string;
  name: string;
  cap_micro_usd: string | null;
  spent_micro_usd: string;
  may_manage: boolean;
  address: string;
  chain_id: number;
  created_at: Date;
  rotated_at: Date | null;
  last_used_at: Date | null;
  revoked_at: Date | null;
};

const keyOf = (row: Row): Key => ({
  keyId: row.key_id,
  shown: row.shown,
  name: row.name,
  capMicroUsd: row.cap_micro_usd === null ? null : BigInt(row.cap_micro_usd),
  spentMicroUsd: BigInt(row.spent_micro_usd),
  mayManage: row.may_manage,
  address: row.address,
  chainId: row.chain_id,
  createdAt: row.created_at,
  rotatedAt: row.rotated_at,
  lastUsedAt: row.last_used_at,
  revokedAt: row.revoked_at,
});
