import { randomUUID } from "node:crypto";
import pg from "pg";
import { pino } from "pino";
import { expect, inject, it } from "vitest";
import { openDb } from "../../../api/db.ts";
import { balanceOf, openAccount } from "../../../api/ledger.ts";
import { x402PostingsMigration } from "../../../api/migrations/x402-postings.ts";
import { migrations } from "../../../api/schema.ts";
import { freshDatabase } from "../../support/database.ts";
import { addressOf, sums } from "./ledger-world.ts";

const ORDER = `
  insert into app.x402_order (id, pay_key, sale_id, fingerprint, payer, chain_id, pay_to, nonce, valid_before_sec,
    price_micro_usd, payload, input, state, version, is_final, looks, settled_micro_usd, created_at)
  values ($1::uuid, $1::text, 'test', '', $2, 8453, '', '', 0, 50, '{}', '{}', $3, $4, true, 0, $5, now())`;
const CREDIT = "insert into app.credit values ($1, $2, 8453, $3, now(), $4)";

it("orders and credits from before the ledger are in it, as if they had been posted", async () => {
  const url = await freshDatabase(inject("pgUrl"));
  const before = migrations.slice(0, migrations.indexOf(x402PostingsMigration));
  const client = new pg.Client(url);
  await client.connect();
  await client.query(
    "create schema app; create table app.migration (id int primary key, applied_at timestamptz default now())",
  );
  for (const [id, migration] of before.entries()) {
    await client.query(migration);
    await client.query("insert into app.migration (id) values ($1)", [id]);
  }
  const payer = addressOf(7);
  const add = async (state: string, version: number, settled: number | null) => {
    const id = randomUUID();
    await client.query(ORDER, [id, payer, state, version, settled]);
    return id;
  };
  await add("settling", 0, null);
  await add("refused", 2, null);
  await add("expired", 3, null);
  await add("settled", 1, 50);
  await add("fulfilled", 2, 50);
  await add("fulfilled", 9, 50);
  const credited = [await add("credited", 1, 30), await add("credited", 2, 12)];
  await client.query(CREDIT, [credited[0], payer, 30, null]);
  await client.query(CREDIT, [credited[1], payer, 12, null]);
  await client.query(CREDIT, [await add("revoked", 3, 50), payer, 50, new Date()]);
  await client.end();

  const db = await openDb(url, pino({ level: "silent" }));
  expect(await sums({ db })).toEqual({ chain: -192n, escrow: 50n, sales: 100n, customer: 42n });
  expect(await balanceOf(db.pool, await openAccount(db.pool, { address: payer, chainId: 8453 }))).toBe(42n);
  const { rows } = await db.pool.query("select to_regclass('app.credit') as credits");
  expect(rows[0].credits).toBeNull();
  // What comes next is posted beside, under causes of its own.
  const text =
    "select app.x402_move(id, version + 1, 1, 'reversal', settled_micro_usd, sale_id, payer, chain_id, now()) from app.x402_order where state in ('settled', 'fulfilled', 'credited')";
  await db.pool.query(text);
  expect(await sums({ db })).toEqual({ chain: 0n, escrow: 0n, sales: 0n, customer: 0n });
  await db.close();
});
