import { randomUUID } from "node:crypto";
import pg from "pg";
import { pino } from "pino";
import type { Address } from "viem";
import { inject } from "vitest";
import { type Db, openDb } from "../../../api/db.ts";
import { type AccountId, balanceOf, deposit, openAccount } from "../../../api/ledger.ts";
import { freshDatabase } from "../../support/database.ts";

export const AT = new Date("2026-01-02T03:04:05Z");
export const ITEM = "test.thing";

/** A database with a ledger and nothing else of the shop. */
export type LedgerWorld = {
  readonly db: Db;
  readonly url: string;
  /** A pool of its own, as another process would have. */
  pool(max?: number): pg.Pool;
  /** A customer's account with so much on it. */
  account(microUsd?: bigint): Promise<AccountId>;
  balance(accountId: AccountId): Promise<bigint>;
  key(accountId: AccountId, capMicroUsd?: bigint): Promise<string>;
  close(): Promise<void>;
};

export const addressOf = (n: number): Address => `0x${n.toString(16).padStart(40, "0")}`;

/** What `hold` takes for a new order. */
export const holding = (accountId: AccountId, amountMicroUsd: bigint, orderId: string = randomUUID()) => ({
  cause: `hold:${orderId}`,
  accountId,
  orderId,
  item: ITEM,
  amountMicroUsd,
  at: AT,
});

export async function openLedgerWorld(): Promise<LedgerWorld> {
  const url = await freshDatabase(inject("pgUrl"));
  const db = await openDb(url, pino({ level: "silent" }));
  const pools: pg.Pool[] = [];
  let customers = 0;
  return {
    db,
    url,
    pool: (max = 10) => {
      const pool = new pg.Pool({ connectionString: url, max });
      pools.push(pool);
      return pool;
    },
    account: async (microUsd = 0n) => {
      const payer = addressOf(++customers);
      const accountId = await openAccount(db.pool, { address: payer, chainId: 8453 });
      const arrived = { accountId, payer, chainId: 8453, amountMicroUsd: microUsd, at: AT };
      if (microUsd > 0n) await deposit(db.pool, { ...arrived, cause: `deposit:${randomUUID()}` });
      return accountId;
    },
    balance: (accountId) => balanceOf(db.pool, accountId),
    key: async (accountId, capMicroUsd) => {
      const keyId = randomUUID();
      const text = `
        insert into app.api_key (key_id, account_id, hash, shown, name, cap_micro_usd, may_manage, created_at)
        values ($1, $2, sha256($3::text::bytea), 'tpk_', 'test', $4, false, $5)`;
      await db.pool.query(text, [keyId, accountId, keyId, capMicroUsd?.toString() ?? null, AT]);
      return keyId;
    },
    close: async () => {
      await Promise.all(pools.map((pool) => pool.end()));
      await db.close();
    },
  };
}

/** What all accounts have, by kind; together it is nothing. */
export async function sums({ db }: Pick<LedgerWorld, "db">): Promise<Record<string, bigint>> {
  const { rows } = await db.pool.query(`
    select account.kind, sum(amount) as sum from app.account join (
      select credit_id as account_id, amount_micro_usd as amount from app.ledger_entry
      union all
      select debit_id, -amount_micro_usd from app.ledger_entry) as entry using (account_id)
    group by account.kind`);
  return Object.fromEntries(rows.map(({ kind, sum }) => [kind, BigInt(sum)]));
}

/** A webhook of `owner` that wants everything, and what it would be told. */
export async function listening({ db }: Pick<LedgerWorld, "db">, owner: Address): Promise<() => Promise<unknown[]>> {
  const id = randomUUID();
  const text = `
    insert into app.webhook (webhook_id, owner, url, target, state, secret, created_at, updated_at)
    values ($1, $2, 'https://hook.example/', 'hook.example:443', 'paused', '', now(), now())`;
  await db.pool.query(text, [id, owner.toLowerCase()]);
  return async () => {
    const { rows } = await db.pool.query("select body from app.webhook_delivery where webhook_id = $1", [id]);
    return rows.map(({ body }) => JSON.parse(body));
  };
}
