import { mkdirSync } from "node:fs";
import path from "node:path";
import { SANDBOX, startTwilio } from "./twilio/server.ts";

const HELP = `Twilio on this machine, for trying things out: nothing that it sells can be reached.

  PORT=8406 node dev/carriers/twilio.ts

Point a shop at it with PHONE_CARRIER=twilio TWILIO_URL=http://127.0.0.1:8406 TWILIO_ACCOUNT_SID=${SANDBOX.accountSid}
TWILIO_AUTH_TOKEN=${SANDBOX.authToken} TWILIO_FROM=${SANDBOX.pool}. Settings, all of them variables:
  PORT                where it listens, on 127.0.0.1 (0 takes a free one)
  TWILIO_AUTH_TOKEN   what it takes and signs with (${SANDBOX.authToken})
  STATE_FILE          where it keeps numbers and texts over a restart (none: in memory)
  BALANCE_USD         what its customer begins with (1000)
  INBOUND_URL         where messages to ${SANDBOX.pool} go, such as http://127.0.0.1:8402/api/v1/carrier/twilio/inbound

It has the REST of api.twilio.com, pricing, lookups and messaging, pushes signed receipts, and answers texts that begin
with "Reply ". Recipients +15005550001 to 4 and 9 are refused as with Twilio's test credentials.
GET /healthz answers once it sells. Behind the counter, with the account and its token (curl -u):
  POST /sandbox/faults     one of
    {"at": "send", "how": "reset", "done": true, "times": 1}
      at: search, prices, buy, find_number, number, configure, join, release, send, find_text, catch_up, message,
          look_up, account, balance, service
      how: silence, reset, half, slow (with slowMs), html, 500, 503, 429 (with retryAfterSec), error (with status and
          code), unconfigured (of buy)
      done: what was asked for is done all the same (half, slow and unconfigured always do it)
    {"receipts": "twice", "times": 1}   usual, twice, reversed, early, bad_signature, never, undelivered, failed, opted_out
    {"balanceUsd": 0}
    {"account": "suspended", "type": "Trial"}
    {"usual": true}        forgets what was ordered
  POST /sandbox/inbound    {"from": "+447700900001", "to": "${SANDBOX.pool}", "body": "STOP"}
  GET  /sandbox/messages
  GET  /sandbox/numbers`;

if (process.argv.includes("--help") || process.argv.includes("-h")) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const { PORT, TWILIO_AUTH_TOKEN, STATE_FILE, BALANCE_USD, INBOUND_URL } = process.env;
  if (STATE_FILE) mkdirSync(path.dirname(STATE_FILE), { recursive: true });
  const sandbox = await startTwilio({
    port: number("PORT", PORT ?? "0"),
    ...(TWILIO_AUTH_TOKEN && { authToken: TWILIO_AUTH_TOKEN }),
    ...(STATE_FILE && { stateFile: STATE_FILE }),
    ...(BALANCE_USD && { balanceUsd: number("BALANCE_USD", BALANCE_USD) }),
    pool: { phoneNumber: SANDBOX.pool, ...(INBOUND_URL && { smsUrl: INBOUND_URL }) },
    receiptsAfterMs: [1_000, 2_000],
  });
  console.log(`the sandbox of Twilio sells at ${sandbox.url}`);
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, async () => {
      await sandbox.close();
      process.disconnect?.();
    });
}

function number(name: string, given: string): number {
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(given)) throw new Error(`${name}: needs a number`);
  return Number(given);
}
