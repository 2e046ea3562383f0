/**
 * Whether the ledger and the chain agree. `node dev/reconcile.ts`; exit 1 when they do not, 2 when that cannot be known.
 */
import path from "node:path";
import pg from "pg";
import { type Reconciliation, reconcile } from "../api/ledger/reconciliation/reconcile.ts";
import { readDevJson } from "./dev-json.ts";

const HELP = `Compares all that reached the receiver, as indexed, with what the ledger says of it.

  node dev/reconcile.ts            the database of DATABASE_URL, or else of the start that runs here
  TURNPIKE_HOME=<folder> …         of the start that runs on that folder
  RECEIVER_FINAL_BLOCKS=<n> …      when a transfer is final, where the API was told so, too

uncredited   it reached the receiver, and the ledger has less of it
unbacked     the ledger has more than reached the receiver
paid_back    the operator gave it back on chain, and the ledger has it still: it was delivered, or can be spent
escrow       what is held for an order is not what it costs, or the order is over
below_zero   an account has less than nothing
folio        what an account's folios carry is not what was posted
sum          all accounts together are not nothing

Exit code 1: there is an error. What is pending (not final, or its time has not come) or was refunded by the operator
on chain is shown beside and is none. Exit code 2: it could not be known.`;

try {
  if (process.argv.includes("--help") || process.argv.includes("-h")) console.log(HELP);
  else process.exitCode = await main();
} catch (error) {
  console.error(`reconcile: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
}

async function main(): Promise<number> {
  const pool = new pg.Pool({ connectionString: databaseUrl(), max: 1, connectionTimeoutMillis: 5_000 });
  // A lost connection fails the query that runs; the event would end the process.
  pool.on("error", () => {});
  try {
    const nowSec = Math.floor(Date.now() / 1000);
    const finalBlocks = Number(process.env.RECEIVER_FINAL_BLOCKS) || undefined;
    const found = await reconcile(pool, { nowSec, finalBlocks });
    tell(found);
    return found.errors === 0 ? 0 : 1;
  } finally {
    await pool.end();
  }
}

function databaseUrl(): string {
  if (process.env.DATABASE_URL) return process.env.DATABASE_URL;
  const home = path.resolve(process.env.TURNPIKE_HOME || path.join(import.meta.dirname, "..", ".turnpike"));
  const { database } = readDevJson(home);
  if (!database) throw new Error("the start that runs here uses a database of yours: set DATABASE_URL to it");
  return database;
}

function tell({ chains, escrowMicroUsd, differences, errors, errorMicroUsd }: Reconciliation): void {
  console.table(
    chains.map(({ chainId, settled, posted, refunded }) => ({
      chain: chainId,
      asset: "USDC",
      "reached the receiver": usd(settled),
      "in the ledger": usd(posted),
      difference: usd(settled - posted),
      "refunded on chain": usd(refunded),
    })),
  );
  console.log(`held for open orders: ${usd(escrowMicroUsd)}`);
  if (differences.length > 0)
    console.table(
      differences.map(({ kind, status, amountMicroUsd, payer, what }) => {
        return { difference: kind, status, USD: usd(amountMicroUsd), payer: payer ?? "", what };
      }),
    );
  console.log(errors === 0 ? "zero difference" : `${errors} errors, ${usd(errorMicroUsd)} USD`);
}

function usd(microUsd: bigint): string {
  const size = microUsd < 0n ? -microUsd : microUsd;
  return `${microUsd < 0n ? "-" : ""}${size / 1_000_000n}.${String(size % 1_000_000n).padStart(6, "0")}`;
}
