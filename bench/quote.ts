/**
 * Unpaid 402s beside those of `@x402/hono`, of a masked API and of a line for $100: requests per second and CPU per
 * answer. `node bench/quote.ts [--rounds 5] [--seconds 5]`
 */
import { spawn } from "node:child_process";
import path from "node:path";
import { parseArgs } from "node:util";
import { ended, freePort } from "../dev/process.ts";
import { mask } from "../test/flow/agent.ts";
import { answering } from "../test/flow/api-process.ts";
import { MERCHANT } from "../test/indexer/chain.ts";
import { type Load, measure402, median, type Sample } from "./proxy/load.ts";
import { installed } from "./proxy/packages.ts";
import { startBenchShop } from "./shop.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, seconds: { type: "string", default: "5" } },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const CONNECTIONS = 64;

/** What is asked of each, and what our answer may cost at most: so much, or no more than theirs. */
type Match = { name: string; method: "GET" | "POST"; ours: string; theirs: string; target: { cpuUs?: number } };
type Samples = { ours: Sample[]; theirs: Sample[] };

/** A shop with a till. Nothing stands behind its addresses: a 402 asks nobody. */
const TILL = {
  BASE_RPC_URL: "http://127.0.0.1:1",
  RECEIVER_ADDRESS: "0x2222222222222222222222222222222222222222",
  RECEIVER_START_BLOCK: "1",
  SETTLER_KEY: "11".repeat(32),
  PHONE_CARRIER: "sandbox",
  RATE_LIMIT_PER_MIN: "1000000",
};

const shop = await startBenchShop(["127.0.0.1:1"], TILL);
const port = await freePort();
const rivalUrl = `http://127.0.0.1:${port}`;
const rival = spawn(process.execPath, [path.join(import.meta.dirname, "x402-hono.ts")], {
  env: {
    ...process.env,
    NODE_ENV: "production",
    PORT: String(port),
    PACKAGES: installed("x402-hono", ["@x402/hono@2.27.0", "@x402/core@2.27.0", "@x402/evm@2.27.0", "viem@2.57.1"]),
  },
  stdio: ["ignore", "ignore", "inherit"],
});
try {
  await answering(`${rivalUrl}/paid`, rival);
  const masked = await mask(shop.origin, { api_url: "http://127.0.0.1:1/", merchant: MERCHANT });
  const line = `${shop.origin}/api/v1/numbers/buy/us`;
  const matches: Match[] = [
    { name: "masked API", method: "GET", ours: masked, theirs: `${rivalUrl}/paid`, target: { cpuUs: 40 } },
    { name: "line for $100", method: "POST", ours: line, theirs: `${rivalUrl}/line`, target: {} },
  ];
  for (const match of matches) report(match, await played(match));
} finally {
  rival.kill("SIGTERM");
  await ended(rival);
  await shop.stop();
}

async function played(match: Match): Promise<Samples> {
  const ours = (sec: number) => asked(shop.apiPid, match.ours, { method: match.method, seconds: sec });
  const theirs = (sec: number) => asked(rival.pid as number, match.theirs, { method: match.method, seconds: sec });
  // Both warm up.
  await ours(2);
  await theirs(2);
  const samples: Samples = { ours: [], theirs: [] };
  for (let round = 0; round < rounds; round++) {
    samples.ours.push(await ours(seconds));
    samples.theirs.push(await theirs(seconds));
  }
  return samples;
}

async function asked(pid: number, url: string, load: Pick<Load, "method" | "seconds">): Promise<Sample> {
  const sample = await measure402(pid, { url, connections: CONNECTIONS, ...load });
  // The load tells only that it was refused, and a limit would refuse as well.
  const { status } = await fetch(url, { method: load.method as string });
  if (status !== 402) throw new Error(`${url}: answers ${status}, not 402`);
  return sample;
}

function report({ name, target }: Match, samples: Samples): void {
  const of = (who: keyof Samples, field: keyof Sample) => median(samples[who].map((sample) => sample[field]));
  const row = (who: keyof Samples) => ({
    "402/s": Math.round(of(who, "perSec")),
    "p50 ms": Number(of(who, "p50Ms").toFixed(2)),
    "CPU us/answer": Number(of(who, "cpuUs").toFixed(1)),
  });
  console.log(
    `\n${name}: unpaid 402, ${CONNECTIONS} connections, medians of ${rounds} interleaved rounds of ${seconds} s`,
  );
  console.table({ turnpike: row("ours"), "@x402/hono": row("theirs") });
  const cpuUs = of("ours", "cpuUs");
  const ratio = cpuUs / of("theirs", "cpuUs");
  const isMet = ratio <= 1 || cpuUs <= (target.cpuUs ?? 0);
  const wanted = target.cpuUs ? `target <= ${target.cpuUs} us or <= 1` : "target <= 1";
  console.log(
    `${isMet ? "met   " : "MISSED"} CPU of a 402, ${name}: ${cpuUs.toFixed(1)} us, ${ratio.toFixed(2)} of @x402/hono's (${wanted})`,
  );
}
