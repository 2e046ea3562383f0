import { mkdirSync } from "node:fs";
import path from "node:path";
import { microUsdOf } from "../api/providers/otp/usd.ts";
import { startOtpSupplier } from "./otp-supplier/server.ts";

const HELP = `A supplier of numbers for one-time codes, for trying things out: nothing that it sells can be reached.

  PORT=8404 node dev/otp-supplier.ts

It speaks the protocol of /stubs/handler_api.php. Settings, all of them variables:
  PORT              where it listens, on 127.0.0.1 (0 takes a free one)
  KEY               api_key that it takes (sandbox-key)
  STATE_FILE        where it keeps sold numbers and money over a restart (none: in memory)
  BALANCE_USD       what its customer begins with (1000)
  TIMEOUT_SEC       after this a number without a text is taken back and paid back (1200)
  EARLY_CANCEL_SEC  a number is not taken back sooner (120)

GET /healthz answers once it sells. Behind the counter, each with ?api_key=…:
  POST /sandbox/orders       one of
    {"fault": {"action": "getNumber", "how": "silence", "done": true, "times": 1}}
      how: silence, reset, 500, html, garbage, empty, half, slow (with slowMs), word (with word)
      done: what was asked for is done and charged all the same (slow and half always do it)
    {"code": "now"}          or "never", "late" (once the number was taken back), or seconds; with "times"
    {"goods": {"service": "ds", "country": "6", "costUsd": "0.07", "stock": 3}}
    {"balanceUsd": "0.01"}
    {"usual": true}          forgets faults and codes that were ordered
  POST /sandbox/deliver      {"activation_id": "100001", "text": "your code is 123456"}
  GET  /sandbox/activations
  GET  /sandbox/balance`;

if (process.argv.includes("--help") || process.argv.includes("-h")) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const { KEY, STATE_FILE, BALANCE_USD } = process.env;
  if (STATE_FILE) mkdirSync(path.dirname(STATE_FILE), { recursive: true });
  const supplier = await startOtpSupplier({
    port: count("PORT", 0),
    timeoutSec: count("TIMEOUT_SEC", 1_200),
    earlyCancelSec: count("EARLY_CANCEL_SEC", 120),
    ...(KEY && { key: KEY }),
    ...(STATE_FILE && { stateFile: STATE_FILE }),
    ...(BALANCE_USD && { balanceMicroUsd: dollars(BALANCE_USD) }),
  });
  console.log(`the supplier of codes sells at ${supplier.url}`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, async () => {
      await supplier.close();
      process.disconnect?.();
    });
  }
}

function count(name: string, usual: number): number {
  const given = process.env[name] || String(usual);
  if (!/^\d{1,9}$/.test(given)) throw new Error(`${name}: needs a whole number`);
  return Number(given);
}

function dollars(given: string): bigint {
  const amount = microUsdOf(given);
  if (amount === undefined) throw new Error("BALANCE_USD: needs dollars, such as 1000 or 0.5");
  return amount;
}
