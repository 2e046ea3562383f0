/**
 * From the block that holds a payment to the 200 of a client that waits with `Prefer: wait=30`, beside the time at
 * which Ponder's row became visible: the floor of anything that unlocks from the index.
 * `node bench/unlock.ts [--payments 100]`
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import pg from "pg";
import { call, mask, quote, send } from "../test/flow/agent.ts";
import { MERCHANT } from "../test/indexer/chain.ts";
import { type BenchShop, startBenchShop } from "./shop.ts";

const { values } = parseArgs({ options: { payments: { type: "string", default: "100" } } });
const payments = Number(values.payments);
const TARGET_MS = 100;

type Timing = { rowMs: number; answerMs: number };

const upstream = createServer((_, response) => response.setHeader("Content-Type", "application/json").end("{}"));
await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
const host = `127.0.0.1:${(upstream.address() as AddressInfo).port}`;
const shop = await startBenchShop([host]);
const watcher = new pg.Client(shop.databaseUrl);
await watcher.connect();
try {
  const url = await mask(shop.origin, { api_url: `http://${host}/`, merchant: MERCHANT, amountWei: "1000000" });
  const timings: Timing[] = [];
  await pay(shop, url);
  for (let i = 0; i < payments; i++) timings.push(await pay(shop, url));
  report(timings);
} finally {
  await watcher.end();
  await shop.stop();
  upstream.close();
}

async function pay({ chain }: BenchShop, url: string): Promise<Timing> {
  const { session_id, payment_id, calls } = await quote(url);
  const answered = call(url, session_id, { Prefer: "wait=30" }).then(({ status }) => {
    if (status !== 200) throw new Error(`not unlocked: ${status}`);
    return performance.now();
  });
  const visible = rowVisible(payment_id);
  await send(chain, calls.native as never);
  const minedMs = performance.now();
  const [rowAt, answerAt] = await Promise.all([visible, answered]);
  return { rowMs: rowAt - minedMs, answerMs: answerAt - minedMs };
}

async function rowVisible(paymentId: string): Promise<number> {
  const row = { name: "row", text: "select 1 from onchain.session where session_id = $1", values: [paymentId] };
  while ((await watcher.query(row)).rows.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  return performance.now();
}

function report(timings: readonly Timing[]): void {
  const at = (share: number, field: keyof Timing) => {
    const sorted = timings.map((timing) => timing[field]).sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
  };
  const row = (field: keyof Timing) => ({
    "p50 ms": Math.round(at(0.5, field)),
    "p95 ms": Math.round(at(0.95, field)),
  });
  console.log(`\nafter the payment was mined, ${timings.length} payments, indexer polls every 100 ms`);
  console.table({
    "row visible in Postgres (floor)": row("rowMs"),
    "200 received by a waiting client": row("answerMs"),
  });
  const over = at(0.95, "answerMs") - at(0.95, "rowMs");
  const ratio = at(0.95, "answerMs") / at(0.95, "rowMs");
  console.log(
    `${over <= TARGET_MS ? "met   " : "MISSED"} p95 above the floor: ${over.toFixed(0)} ms, ratio ${ratio.toFixed(2)} (target <= ${TARGET_MS} ms)`,
  );
}
