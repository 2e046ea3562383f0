/**
 * One-time codes: what a purchase costs beside the supplier's own answer, how many orders are bought a second, what it
 * takes to poll the supplier for those that wait, and how many polls of customers are answered a second. Everything is
 * real but the supplier, which is the sandbox's; fsync is on.
 * `node bench/orders.ts [--seconds 5]`
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import pg from "pg";
import { systemClock } from "../api/clock.ts";
import { type OtpSupplier, startOtpSupplier } from "../dev/otp-supplier/server.ts";
import { keyWith, type TestKey } from "../test/api/balance/key.ts";
import { measure, median } from "./proxy/load.ts";
import { type BenchShop, startBenchShop } from "./shop.ts";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "5" } } });
const seconds = Number(values.seconds);
/** Few enough for the limits of an account, and of a service's day. */
const ALONE = { clients: 1, each: 45 } as const;
const TOGETHER = { clients: 16, each: 45 } as const;
const WANTED = JSON.stringify({ service: "discord", country: "id" });

const supplier = await startOtpSupplier({
  shelves: [{ service: "ds", country: "6", costMicroUsd: 35_000n, stock: 1e6 }],
});
supplier.order({ code: "never", times: 1_000 });
supplier.order({ code: "never", times: 1_000 });
const shop = await startBenchShop([], {
  RATE_LIMIT_PER_MIN: "1000000",
  OTP_SUPPLIER_URL: supplier.url,
  OTP_SUPPLIER_KEY: supplier.key,
  OTP_CATALOG: path.resolve(import.meta.dirname, "../dev/otp-catalog.json"),
});
const database = new pg.Pool({ connectionString: shop.databaseUrl });
try {
  await bought({ clients: 1, each: 20 });
  const floor = await bareMs(supplier);
  const alone = await bought(ALONE);
  const together = await bought(TOGETHER);
  console.log(`\na purchase, beside ${floor.toFixed(2)} ms that the supplier takes to sell a number`);
  console.table({ "1 client": shown(alone), "16 clients": shown(together) });
  await supplierPolls(shop, supplier);
  await customerPolls(shop, together.lastOrder);
} finally {
  await database.end();
  await shop.stop();
  await supplier.close();
}

type Bought = { ms: number[]; perSec: number; cpuMs: number; lastOrder: { url: string; key: TestKey } };

/** Each client buys from an account of its own, one number after the other. */
async function bought({ clients, each }: { clients: number; each: number }): Promise<Bought> {
  const world = { server: { deps: { db: { pool: database } } }, clock: systemClock } as never;
  const keys = await Promise.all(
    Array.from({ length: clients }, () => keyWith(world, { microUsd: 1_000_000_000n, of: freshAddress() })),
  );
  const ms: number[] = [];
  let lastOrder: Bought["lastOrder"] | undefined;
  const cpuBefore = cpuSec(shop);
  const startMs = performance.now();
  const client = async (key: TestKey) => {
    for (let i = 0; i < each; i++) {
      const beganMs = performance.now();
      lastOrder = { url: await purchase(key), key };
      ms.push(performance.now() - beganMs);
    }
  };
  await Promise.all(keys.map(client));
  const sec = (performance.now() - startMs) / 1000;
  const cpuMs = ((cpuSec(shop) - cpuBefore) * 1000) / ms.length;
  return { ms, perSec: ms.length / sec, cpuMs, lastOrder: lastOrder as Bought["lastOrder"] };
}

async function purchase(key: TestKey): Promise<string> {
  const headers = { ...key.headers, "Content-Type": "application/json" };
  const answer = await fetch(`${shop.origin}/api/v1/customer/purchase`, { method: "POST", headers, body: WANTED });
  const { poll_url: url } = (await answer.json()) as { poll_url?: string };
  if (!url) throw new Error(`not bought: ${answer.status}`);
  return url;
}

function freshAddress(): `0x${string}` {
  return `0x${crypto.randomUUID().replaceAll("-", "").padEnd(40, "0")}`;
}

function shown({ ms, perSec, cpuMs }: Bought) {
  const p95 = ms.toSorted((a, b) => a - b)[Math.floor(ms.length * 0.95)] ?? 0;
  return {
    "p50 ms": Number(median(ms).toFixed(2)),
    "p95 ms": Number(p95.toFixed(2)),
    "CPU ms": Number(cpuMs.toFixed(2)),
    "per s": Math.round(perSec),
  };
}

/** What the supplier's own answer takes, asked as the adapter asks it. */
async function bareMs({ url, key }: OtpSupplier): Promise<number> {
  const ms: number[] = [];
  for (let i = 0; i < 30; i++) {
    const beganMs = performance.now();
    await (await fetch(`${url}?api_key=${key}&action=getNumber&service=ds&country=6&maxPrice=1`)).text();
    ms.push(performance.now() - beganMs);
  }
  return median(ms);
}

/** What the worker does while nobody asks. */
async function supplierPolls(shop: BenchShop, supplier: OtpSupplier): Promise<void> {
  const { rows } = await database.query("select count(*)::int as waiting from app.code_order where state = 'waiting'");
  const [askedBefore, cpuBefore, startMs] = [supplier.asked("getStatus"), cpuSec(shop), performance.now()];
  await systemClock.sleep(seconds * 1000);
  const polls = supplier.asked("getStatus") - askedBefore;
  const perSec = polls / ((performance.now() - startMs) / 1000);
  const cpuUs = ((cpuSec(shop) - cpuBefore) * 1e6) / polls;
  console.log(
    `\nthe supplier is polled ${Math.round(perSec)} times a second for ${rows[0].waiting} orders, ${Math.round(cpuUs)} us of CPU each`,
  );
}

async function customerPolls(shop: BenchShop, { url, key }: Bought["lastOrder"]): Promise<void> {
  const headers = Object.entries(key.headers).map(([name, value]) => `${name}: ${value}`);
  await measure(shop.apiPid, { url, connections: 64, seconds: 2, headers });
  const { perSec, p50Ms, p99Ms, cpuUs } = await measure(shop.apiPid, { url, connections: 64, seconds, headers });
  console.log(`\nGET of an order, 64 connections, while the supplier is polled`);
  console.table({
    polls: { "per s": Math.round(perSec), "p50 ms": p50Ms, "p99 ms": p99Ms, "CPU us": Math.round(cpuUs) },
  });
}

/** Of the API's process; Linux counts it in hundredths of a second. */
function cpuSec({ apiPid }: BenchShop): number {
  const fields = readFileSync(`/proc/${apiPid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
