/**
 * An unpaid 402 beside that of `@x402/hono`: requests per second and CPU per answer.
 * `node bench/quote.ts [--rounds 5] [--seconds 5]`
 */
import { spawn } from "node:child_process";
import path from "node:path";
import { parseArgs } from "node:util";
import { ended, freePort } from "../dev/process.ts";
import { mask } from "../test/flow/agent.ts";
import { answering } from "../test/flow/api-process.ts";
import { MERCHANT } from "../test/indexer/chain.ts";
import { measure402, median, type Sample } from "./proxy/load.ts";
import { installed } from "./proxy/packages.ts";
import { startBenchShop } from "./shop.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, seconds: { type: "string", default: "5" } },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const TARGET = { cpuUs: 40, ratio: 1 };

const port = await freePort();
const rival = spawn(process.execPath, [path.join(import.meta.dirname, "x402-hono.ts")], {
  env: {
    ...process.env,
    NODE_ENV: "production",
    PORT: String(port),
    PACKAGES: installed("x402-hono", ["@x402/hono@2.27.0", "@x402/core@2.27.0", "@x402/evm@2.27.0", "viem@2.57.1"]),
  },
  stdio: ["ignore", "ignore", "inherit"],
});
const shop = await startBenchShop(["127.0.0.1:1"]);
try {
  const rivalUrl = `http://127.0.0.1:${port}/paid`;
  await answering(rivalUrl, rival);
  const url = await mask(shop.origin, { api_url: "http://127.0.0.1:1/", merchant: MERCHANT });
  const contenders = [
    { name: "turnpike", pid: shop.apiPid, url },
    { name: "@x402/hono", pid: rival.pid as number, url: rivalUrl },
  ];
  const samples = new Map(contenders.map(({ name }) => [name, [] as Sample[]]));
  for (const { pid, url } of contenders) await measure402(pid, { url, connections: 64, seconds: 2 });
  for (let round = 0; round < rounds; round++)
    for (const { name, pid, url } of contenders)
      samples.get(name)?.push(await measure402(pid, { url, connections: 64, seconds }));
  report(samples);
} finally {
  rival.kill("SIGTERM");
  await ended(rival);
  await shop.stop();
}

function report(samples: ReadonlyMap<string, readonly Sample[]>): void {
  const of = (name: string, field: keyof Sample) => median((samples.get(name) ?? []).map((sample) => sample[field]));
  const row = (name: string) => ({
    "402/s": Math.round(of(name, "perSec")),
    "p50 ms": Number(of(name, "p50Ms").toFixed(2)),
    "CPU us/answer": Number(of(name, "cpuUs").toFixed(1)),
  });
  console.log(`\nunpaid 402, 64 connections, medians of ${rounds} interleaved rounds of ${seconds} s`);
  console.table(Object.fromEntries([...samples.keys()].map((name) => [name, row(name)])));
  const cpuUs = of("turnpike", "cpuUs");
  const ratio = cpuUs / of("@x402/hono", "cpuUs");
  const isMet = cpuUs <= TARGET.cpuUs || ratio <= TARGET.ratio;
  console.log(
    `${isMet ? "met   " : "MISSED"} CPU of a 402: ${cpuUs.toFixed(1)} us, ${ratio.toFixed(2)} of @x402/hono's (target <= ${TARGET.cpuUs} us or <= ${TARGET.ratio})`,
  );
}
