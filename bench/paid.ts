/**
 * Paid calls beside `@x402/hono` with the stock facilitator, on one chain and with the same stock clients: latency of
 * one payment at a time, payments per second of many payers at once, gas per payment.
 * `node bench/paid.ts [--rounds 5] [--single 5]`
 */
import { spawn } from "node:child_process";
import path from "node:path";
import { parseArgs } from "node:util";
import { mnemonicToAccount } from "viem/accounts";
import { merchant, privateKeyOf } from "../dev/accounts.ts";
import { ended, freePort } from "../dev/process.ts";
import { rpc } from "../dev/rpc.ts";
import { answering } from "../test/flow/api-process.ts";
import { alone, CHAIN_ALONE, type Contender } from "./paid/alone.ts";
import { ledgerOf, paidSince } from "./paid/gas.ts";
import { startHouse } from "./paid/house.ts";
import { fundedPayers, type Payer } from "./paid/payers.ts";
import { median } from "./proxy/load.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, single: { type: "string", default: "5" } },
});
const rounds = Number(values.rounds);
const single = Number(values.single);
const CROWDS = [1, 5, 10, 50];
const TARGET = { singleRatio: 1, crowdRatio: 3 };
const RIVAL = mnemonicToAccount("test test test test test test test test test test test junk", { addressIndex: 9 });

type Crowd = { paid: number; perSec: number; gasEach: number };

const house = await startHouse();
const place = house.dev.chains["8453"];
if (!place?.receiver) throw new Error("this start has no receiver");
const port = await freePort();
const rivalUrl = `http://127.0.0.1:${port}`;
await rpc(place.rpc, "anvil_setBalance", [RIVAL.address, "0x56bc75e2d63100000"]);
const rival = spawn(process.execPath, [path.join(import.meta.dirname, "paid/rival.ts")], {
  env: {
    ...process.env,
    NODE_ENV: "production",
    PORT: String(port),
    RPC_URL: place.rpc,
    PRIVATE_KEY: privateKeyOf(RIVAL),
    PAY_TO: merchant.address,
  },
  stdio: ["ignore", "ignore", "inherit"],
});
try {
  await answering(`${rivalUrl}/healthz`, rival);
  const payers = await fundedPayers(place.rpc, Math.max(...CROWDS));
  const sms = { to: "+12125550142", message: "bench" };
  const contenders: [Contender, Contender] = [
    {
      name: "turnpike",
      ledger: ledgerOf(place.rpc, place.receiver),
      pay: (payer) => payer.pay(`${house.dev.api}/api/v1/sms/send`, sms),
    },
    {
      name: "@x402/hono",
      ledger: ledgerOf(place.rpc, merchant.address),
      pay: (payer) => payer.pay(`${rivalUrl}/paid`),
    },
  ];
  reportAlone(await alone(contenders, payers[0] as Payer, rounds * single));
  await together(contenders, payers);
} finally {
  rival.kill("SIGTERM");
  await ended(rival);
  await house.stop();
}

function reportAlone(times: ReadonlyMap<string, readonly number[]>): void {
  const floor = times.get(CHAIN_ALONE) ?? [];
  const row = (ms: readonly number[]) => ({
    "mean ms": Math.round(mean(ms)),
    "above the chain, median": Math.round(median(ms.map((each, nth) => each - (floor[nth] ?? 0)))),
  });
  console.log(`\none payment at a time, ${floor.length} of each, begun evenly spread over a block's second`);
  console.table(Object.fromEntries([...times].map(([name, ms]) => [name, row(ms)])));
  const ratio = mean(times.get("turnpike") ?? []) / mean(times.get("@x402/hono") ?? []);
  verdict(
    ratio <= TARGET.singleRatio,
    `time of one payment: ${ratio.toFixed(2)} of @x402/hono's (target <= ${TARGET.singleRatio})`,
  );
}

/** Many payers at once; all start together, and the last answer ends the round. */
async function together(contenders: readonly Contender[], payers: readonly Payer[]): Promise<void> {
  const rows: Record<string, object> = {};
  const rates = new Map<string, { perSec: number; failed: number }>();
  for (const size of CROWDS) {
    const crowds = new Map(contenders.map(({ name }) => [name, [] as Crowd[]]));
    for (let round = 0; round < rounds; round++)
      for (const contender of contenders)
        crowds.get(contender.name)?.push(await crowd(contender, payers.slice(0, size)));
    for (const [name, all] of crowds) {
      const perSec = median(all.map((each) => each.perSec));
      const failed = all.reduce((sum, { paid }) => sum + size - paid, 0);
      rows[`${size} × ${name}`] = {
        "paid/s": Number(perSec.toFixed(1)),
        "failed of": `${failed} of ${size * rounds}`,
        "gas each": median(all.map(({ gasEach }) => gasEach).filter(Number.isFinite)),
      };
      rates.set(`${size} ${name}`, { perSec, failed });
    }
  }
  console.log(`\nmany payers at once, medians of ${rounds} interleaved rounds`);
  console.table(rows);
  const most = Math.max(...CROWDS);
  const ours = rates.get(`${most} turnpike`) ?? { perSec: 0, failed: 1 };
  const ratio = ours.perSec / (rates.get(`${most} @x402/hono`)?.perSec ?? 0);
  verdict(
    ratio >= TARGET.crowdRatio && ours.failed === 0,
    `${most} payers at once: ${ratio.toFixed(1)}x @x402/hono's successful payments per second, ${ours.failed} of ours failed (target >= ${TARGET.crowdRatio}x, 0)`,
  );
}

async function crowd({ ledger, pay }: Contender, payers: readonly Payer[]): Promise<Crowd> {
  const block = await ledger.client.getBlockNumber();
  const startMs = performance.now();
  const answers = await Promise.all(payers.map(pay));
  const seconds = (performance.now() - startMs) / 1000;
  const paid = answers.filter(({ ok }) => ok).length;
  const { gasEach } = await paidSince(ledger, block);
  return { paid, perSec: paid / seconds, gasEach };
}

function verdict(isMet: boolean, text: string): void {
  console.log(`${isMet ? "met   " : "MISSED"} ${text}`);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}
