/** `npm run bench`: all of them one after another; `npm run bench -- unlock quote`: only those. */
import { spawn } from "node:child_process";
import path from "node:path";

const BENCHES: Readonly<Record<string, { file: string; args?: readonly string[]; tells: string }>> = {
  proxy: { file: "proxy.ts", tells: "raw proxy beside nginx, @fastify/reply-from and Hono's proxy()" },
  memory: { file: "proxy.ts", args: ["--memory"], tells: "memory at 512 connections and over a million requests" },
  quote: { file: "quote.ts", tells: "unpaid 402s, of a masked API and of a line, beside @x402/hono's" },
  unlock: { file: "unlock.ts", tells: "payment mined to 200 received, beside the row's own time" },
  paid: { file: "paid.ts", tells: "paid calls beside @x402/hono: latency, payments per second, gas" },
  debits: { file: "debits.ts", tells: "debits of the ledger beside a bare UPDATE of a balance" },
  orders: { file: "orders.ts", tells: "what a purchase of a code costs, and polls of orders per second" },
  sync: { file: "indexer-sync.ts", tells: "the indexer's sync beside a bare getLogs loop" },
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  if (!asked.includes("--help")) console.error(`There is no bench ${unknown.join(", ")}.\n`);
  console.log("npm run bench [-- name ...]; needs Debian's nginx and wrk for proxy, memory and quote\n");
  for (const [name, { tells }] of Object.entries(BENCHES)) console.log(`  ${name.padEnd(8)} ${tells}`);
  process.exit(asked.includes("--help") ? 0 : 2);
}

let failed = 0;
for (const [name, { file, args = [], tells }] of Object.entries(BENCHES)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.log(`\n== ${name}: ${tells}`);
  const child = spawn(process.execPath, [path.join(import.meta.dirname, file), ...args], { stdio: "inherit" });
  if ((await new Promise((resolve) => child.once("exit", resolve))) !== 0) failed++;
}
process.exitCode = failed === 0 ? 0 : 1;
