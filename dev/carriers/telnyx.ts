import { startTelnyxSandbox } from "./telnyx/server.ts";

const HELP = `A carrier that speaks as Telnyx' API does, for trying things out: it reaches nobody, and keeps all in memory.

  PORT=8405 node dev/carriers/telnyx.ts

It prints the variables that a shop needs to be its customer: put them into the shop's environment. Settings:
  PORT       where it listens, on 127.0.0.1 (0 takes a free one)
  API_KEY    what its customer has to send as a bearer token (KEY0123456789SANDBOX)
  FROM       a number that the account holds from the start (+18005550199)

A text that begins with "Reply " is answered with the rest of it. GET /healthz answers once it works. Behind the counter,
with the same bearer token:
  POST /sandbox/faults       one of
    {"fault": {"place": "text", "how": "silence", "done": true, "times": 1}}
      place: search, order, filling, orders, cancel, held, configure, release, text, message, records, profile, balance, lookup
      how: 429 (with retryAfterSec), 500, html, garbage, silence, reset, half, refuse (with status and code)
      done: what was asked for is done all the same (half always does it)
    {"plan": {"text": "reordered", "times": 1}}
      text: usual, none, early, duplicate, reordered, undelivered, unconfirmed, forged, old
    {"plan": {"order": "fails"}}
      order: usual, gone, fails, papers, never
    {"goods": {"country": "US", "monthlyUsd": "9.00", "stock": 3}}
    {"balanceUsd": "0.01"}
    {"bareRecords": true}    records do not say where the news of a text goes
    {"mute": true}           tells nobody anything
    {"usual": true}          forgets faults and plans that were ordered
  POST /sandbox/inbound      {"from": "+447700900001", "to": "+12125550100", "text": "STOP"}
  GET  /sandbox/messages
  GET  /sandbox/numbers`;

if (process.argv.includes("--help") || process.argv.includes("-h")) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const { PORT = "", API_KEY, FROM } = process.env;
  if (!/^\d{0,5}$/.test(PORT)) throw new Error("PORT: needs a whole number");
  const sandbox = await startTelnyxSandbox({
    port: Number(PORT),
    ...(API_KEY && { apiKey: API_KEY }),
    ...(FROM && { from: FROM }),
  });
  for (const [name, value] of Object.entries(sandbox.env)) console.log(`${name}=${value}`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, async () => {
      await sandbox.close();
      process.disconnect?.();
    });
  }
}
