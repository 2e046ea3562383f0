/**
 * Debits per second of the ledger beside a bare `UPDATE balance … WHERE balance >= x`, over the same pool by the same
 * client code, with 1, 8 and 64 accounts. The server keeps its promises: fsync is on.
 * `node bench/debits.ts [--rounds 5] [--seconds 3] [--clients 64]`
 */
import { randomUUID } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { pino } from "pino";
import { type Db, openDb } from "../api/db.ts";
import { inTurn } from "../api/ledger/turns.ts";
import { type AccountId, deposit, hold, openAccount } from "../api/ledger.ts";
import { startPostgres } from "../dev/postgres.ts";
import { median } from "./proxy/load.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    clients: { type: "string", default: "64" },
  },
});
const [rounds, seconds, clients] = [Number(values.rounds), Number(values.seconds), Number(values.clients)];
const ACCOUNTS = [1, 8, 64];
const TARGET_RATIO = 0.5;
const PRICE_MICRO_USD = 50_000n;
const PLENTY_MICRO_USD = 1_000_000_000_000n;

type Contender = { name: string; debit(accountId: AccountId): Promise<void> };

const home = mkdtempSync(path.join("/var/tmp", "turnpike-bench-"));
chmodSync(home, 0o755);
const postgres = await startPostgres({ dataDir: path.join(home, "data") });
try {
  const db = await openDb(postgres.url, pino({ level: "silent" }));
  const contenders = [ledger(db), bareUpdate(db)];
  const figures: Record<string, Record<string, number>> = {};
  for (const count of ACCOUNTS) figures[`${count} accounts`] = await compare(contenders, await filled(db, count));
  report(figures);
  await db.close();
} finally {
  await postgres.stop();
  rmSync(home, { recursive: true, force: true });
}

function ledger({ pool }: Db): Contender {
  const at = new Date();
  return {
    name: "ledger",
    debit: async (accountId) => {
      const orderId = randomUUID();
      const amountMicroUsd = PRICE_MICRO_USD;
      const held = { cause: `hold:${orderId}`, accountId, orderId, item: "bench", amountMicroUsd, at };
      // As purchases do.
      await inTurn(pool, accountId, () => hold(pool, held));
    },
  };
}

function bareUpdate({ pool }: Db): Contender {
  const text = "update app.bench_balance set balance = balance - $2 where account_id = $1 and balance >= $2";
  return {
    name: "bare UPDATE",
    debit: async (accountId) => {
      await pool.query({ name: "bench-debit", text, values: [accountId, PRICE_MICRO_USD.toString()] });
    },
  };
}

/** New accounts, in both worlds, with more than can be spent. */
async function filled({ pool }: Db, count: number): Promise<AccountId[]> {
  const made = "create table if not exists app.bench_balance (account_id bigint primary key, balance bigint not null)";
  await pool.query(made);
  const accounts = Array.from({ length: count }, async () => {
    const payer = `0x${randomUUID().replaceAll("-", "").padEnd(40, "0")}` as const;
    const accountId = await openAccount(pool, { address: payer, chainId: 8453 });
    const arrived = { accountId, payer, chainId: 8453, amountMicroUsd: PLENTY_MICRO_USD, at: new Date() };
    await deposit(pool, { ...arrived, cause: `bench:${accountId}` });
    const values = [accountId, PLENTY_MICRO_USD.toString()];
    await pool.query("insert into app.bench_balance values ($1, $2)", values);
    return accountId;
  });
  return Promise.all(accounts);
}

/** Medians of interleaved rounds, in debits per second. */
async function compare(contenders: readonly Contender[], accounts: readonly AccountId[]) {
  const samples = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (const contender of contenders) await debitsPerSec(contender, accounts, 1);
  for (let round = 0; round < rounds; round++)
    for (const contender of contenders)
      samples.get(contender.name)?.push(await debitsPerSec(contender, accounts, seconds));
  return Object.fromEntries([...samples].map(([name, sample]) => [name, Math.round(median(sample))]));
}

async function debitsPerSec({ debit }: Contender, accounts: readonly AccountId[], sec: number): Promise<number> {
  const startMs = performance.now();
  let debits = 0;
  const work = async (_: unknown, client: number) => {
    for (let i = client; performance.now() - startMs < sec * 1000; i++, debits++)
      await debit(accounts[i % accounts.length] as AccountId);
  };
  await Promise.all(Array.from({ length: clients }, work));
  return debits / ((performance.now() - startMs) / 1000);
}

function report(figures: Readonly<Record<string, Record<string, number>>>): void {
  console.log(`\ndebits per second, ${clients} clients, medians of ${rounds} interleaved rounds of ${seconds} s`);
  const ratioOf = (row: Record<string, number>) => (row.ledger as number) / (row["bare UPDATE"] as number);
  const rows = Object.entries(figures).map(([name, row]) => [name, { ...row, ratio: Number(ratioOf(row).toFixed(2)) }]);
  console.table(Object.fromEntries(rows));
  for (const [name, row] of Object.entries(figures)) {
    const isMet = ratioOf(row) >= TARGET_RATIO;
    console.log(`${isMet ? "met   " : "MISSED"} ${name}: ${ratioOf(row).toFixed(2)} (target >= ${TARGET_RATIO})`);
  }
}
