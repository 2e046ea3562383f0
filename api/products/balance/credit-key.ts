import type pg from "pg";
import type { Deps } from "../../deps.ts";
import { keyOfOrder } from "../../identity/api-key.ts";
import { addKey, findKey, type Key, spendableOf } from "../../identity/keys.ts";
import { type AccountId, balanceOf, openAccount } from "../../ledger.ts";
import type { Order } from "../../sale.ts";

export type CreditKeyDeps = Pick<Deps, "db" | "clock" | "secretsKey">;

/** The key that spends what was paid, and how much it can spend with it in all. */
export type Credited = { readonly key: Key; readonly spendableMicroUsd: bigint };

/** Makes the order's key, or raises the cap of the one that came with it; once per order. The money itself the ledger posts. */
export function creditKey(deps: CreditKeyDeps, order: Order): Promise<Credited> {
  return deps.db.transaction(async (client) => {
    const { key_id: given } = order.input;
    const keyId = typeof given === "string" ? given : order.id;
    if (keyId === order.id) await make(deps, client, order);
    else await raise(deps, client, { order, keyId });
    const accountId = await accountOf(client, keyId);
    const key = await findKey(client, { keyId, accountIds: [accountId] });
    if (!key) throw new Error(`key ${keyId} of order ${order.id} is gone`);
    const balance = (await balanceOf(client, accountId)) + order.priceMicroUsd;
    return { key, spendableMicroUsd: spendableOf(key, balance) };
  });
}

/** Lowers the cap again, when the chain lost the payment for good; the money itself the ledger takes back. */
export async function takeBackFromKey({ db, clock }: CreditKeyDeps, { id }: Order): Promise<void> {
  await db.pool.query({ name: "key-take-back", text: TAKE_BACK, values: [id, new Date(clock.nowMs())] });
}

async function make({ secretsKey, clock }: CreditKeyDeps, client: pg.PoolClient, order: Order): Promise<void> {
  const { id, payer, chainId, priceMicroUsd, input } = order;
  const accountId = await openAccount(client, { address: payer, chainId });
  const mayManage = input.may_manage === true;
  const at = new Date(clock.nowMs());
  const wish = { name: "Top-up", capMicroUsd: mayManage ? null : priceMicroUsd, mayManage };
  await addKey(client, { ...wish, keyId: id, accountId, secret: keyOfOrder(secretsKey, id), at });
  await client.query({ name: "key-topped-up", text: NOTE, values: [id, id, priceMicroUsd.toString(), at] });
}

type Raise = { readonly order: Order; readonly keyId: string };

async function raise({ clock }: CreditKeyDeps, client: pg.PoolClient, { order, keyId }: Raise): Promise<void> {
  const { id, priceMicroUsd } = order;
  const noted = [id, keyId, priceMicroUsd.toString(), new Date(clock.nowMs())];
  const { rowCount } = await client.query({ name: "key-topped-up", text: NOTE, values: noted });
  if (rowCount === 0) return;
  await client.query({ name: "key-raise", text: RAISE, values: [keyId, priceMicroUsd.toString()] });
}

async function accountOf(client: pg.PoolClient, keyId: string): Promise<AccountId> {
  const text = "select account_id from app.api_key where key_id = $1";
  const { rows } = await client.query<{ account_id: AccountId }>({ name: "key-account", text, values: [keyId] });
  return (rows[0] as { account_id: AccountId }).account_id;
}

const NOTE = `
  insert into app.key_top_up (order_id, key_id, amount_micro_usd, created_at) values ($1, $2, $3, $4)
  on conflict (order_id) do nothing`;
// Null stays null: without a cap there is nothing to raise.
const RAISE = "update app.api_key set cap_micro_usd = cap_micro_usd + $2::bigint where key_id = $1";
const TAKE_BACK = `
  with taken as (
    update app.key_top_up set revoked_at = $2 where order_id = $1 and revoked_at is null
    returning key_id, amount_micro_usd)
  update app.api_key as key set cap_micro_usd = greatest(0, key.cap_micro_usd - taken.amount_micro_usd)
  from taken where key.key_id = taken.key_id and key.cap_micro_usd is not null`;
