/**
 * How fast the indexer reads the past, beside a bare viem `getLogs` loop that fills the same two tables of the same
 * Postgres. The loop is flattered: the node tells block times within its logs, so it fetches no blocks, and it keeps
 * nothing that would let it take a reorg back.
 * `node bench/indexer-sync.ts [--rounds 5] [--events 30000]`
 */
import { mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import pg from "pg";
import { zeroAddress } from "viem";
import { paymentGatewayAbi } from "../contracts/abi.ts";
import { startIndexer } from "../dev/indexer.ts";
import { startPostgres } from "../dev/postgres.ts";
import { MERCHANT, openId, startTestChain, type TestChain } from "../test/indexer/chain.ts";
import { freshDatabase } from "../test/support/database.ts";
import { syncByLoop } from "./sync-loop.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, events: { type: "string", default: "30000" } },
});
const rounds = Number(values.rounds);
const BATCH = 100;
const blocks = Math.ceil(Number(values.events) / BATCH);
const events = blocks * BATCH;
/** More than Ponder holds back as not final: everything is read as the past. */
const FINAL_BLOCKS = 40;

const home = mkdtempSync("/var/tmp/turnpike-bench-");
const postgres = await startPostgres({ dataDir: path.join(home, "data") });
const chain = await startTestChain();
try {
  for (let block = 0; block < blocks; block++) await payBatch(chain, block);
  await chain.client.mine({ blocks: FINAL_BLOCKS });
  await compare();
} finally {
  await chain.stop();
  await postgres.stop();
  rmSync(home, { recursive: true, force: true });
}

async function compare(): Promise<void> {
  const head = Number(await chain.client.getBlockNumber());
  const times = { start: [] as number[], ponder: [] as number[], loop: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    times.start.push(await syncByPonder({ ...chain.gateway, startBlock: head - FINAL_BLOCKS + 1 }, 0));
    times.ponder.push(await syncByPonder(chain.gateway, events));
    times.loop.push(await timed((databaseUrl) => syncByLoop(chain, databaseUrl), events));
  }
  const start = median(times.start);
  const sync = median(times.ponder) - start;
  const loop = median(times.loop);
  const row = (ms: number) => ({
    seconds: Number((ms / 1000).toFixed(2)),
    "events/s": Math.round(events / (ms / 1000)),
  });
  console.log(`\n${events} payments in ${blocks} blocks, medians of ${rounds} interleaved rounds`);
  console.table({
    "bare getLogs loop": row(loop),
    "indexer, from start to served": row(median(times.ponder)),
    "indexer, without its start": row(sync),
  });
  console.log(`Ponder's start alone takes ${(start / 1000).toFixed(2)} s.`);
  console.log(
    `events/s against the bare loop: ${(loop / sync).toFixed(2)} (with the start: ${(loop / median(times.ponder)).toFixed(2)})`,
  );
}

/** Milliseconds until the views show all `expected` payments. */
function syncByPonder(gateway: TestChain["gateway"], expected: number): Promise<number> {
  return timed(async (databaseUrl) => {
    const indexer = await startIndexer({
      databaseUrl,
      gateway,
      rpcUrls: new Map([[gateway.chainId, [chain.rpcUrl]]]),
      pidFile: path.join(home, "pid"),
    });
    await indexer.ready;
    return indexer.stop;
  }, expected);
}

/** `sync` returns what is to be done after the clock was stopped and the rows were counted. */
async function timed(sync: (databaseUrl: string) => Promise<() => Promise<void>>, expected: number): Promise<number> {
  const databaseUrl = await freshDatabase(postgres.url);
  const startedMs = performance.now();
  const cleanUp = await sync(databaseUrl);
  const tookMs = performance.now() - startedMs;
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const text =
    "select (select count(*) from onchain.payment) as rows, (select sum(payments) from onchain.session) as sum";
  const { rows } = await client.query<{ rows: string; sum: string | null }>(text);
  await client.end();
  await cleanUp();
  if (Number(rows[0]?.rows) !== expected || Number(rows[0]?.sum) !== expected)
    throw new Error(`${rows[0]?.rows} payments and ${rows[0]?.sum} in sessions instead of ${expected}`);
  return tookMs;
}

async function payBatch({ client, gateway }: TestChain, block: number): Promise<void> {
  const payments = Array.from({ length: BATCH }, (_, i) => ({
    sessionId: openId(`${block} ${i % 90}`),
    merchant: MERCHANT,
    token: zeroAddress,
    amount: BigInt(i + 1),
  }));
  const hash = await client.writeContract({
    chain: null,
    address: gateway.address,
    abi: paymentGatewayAbi,
    functionName: "payBatch",
    args: [payments],
    value: payments.reduce((sum, { amount }) => sum + amount, 0n),
  });
  await client.waitForTransactionReceipt({ hash });
}

function median(of: readonly number[]): number {
  return of.toSorted((a, b) => a - b)[Math.floor(of.length / 2)] as number;
}
