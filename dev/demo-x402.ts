import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { demoWallet, introduced } from "./demo-wallet.ts";
import { readDevJson } from "./dev-json.ts";
import { ask, JSON_TYPE, step, title } from "./watched.ts";

const home = path.resolve(process.env.TURNPIKE_HOME || path.join(import.meta.dirname, "..", ".turnpike"));
const isV1 = process.argv.includes("--v1");

const FRIEND = "+12125550123";
const PATIENCE_MS = 60_000;

try {
  await main();
} catch (error) {
  console.error(`\ndemo:x402: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

/** An agent with a wallet buys two lines, sends texts and manages what it bought: all that it knows is the origin. */
async function main(): Promise<void> {
  const wallet = demoWallet(readDevJson(home), isV1);
  const { api, buy } = wallet;
  console.log(await introduced(wallet, isV1));

  title("Buy a US line: $100 with 10,000 texts");
  const { phoneNumber } = await buy("/api/v1/numbers/buy/us", { country: "US" });
  title("Buy a British line: the same for $100");
  await buy("/api/v1/numbers/buy/intl", { country: "GB" });
  title("Send one SMS: $0.05, no line needed");
  const { messageId } = await buy("/api/v1/sms/send", { to: FRIEND, message: "Hello from an agent" });
  step("", `the agent has ${await wallet.usdc()} USDC now`);

  title("Sign in with the wallet that paid");
  const headers = { ...JSON_TYPE, Authorization: `Bearer ${await wallet.signIn()}` };
  title("List its numbers");
  await ask(`${api}/api/v1/numbers/mine`, { headers });
  title("Send from the line: the first 10,000 texts are included");
  const body = JSON.stringify({ phoneNumber, to: FRIEND, message: "Hello from my number" });
  const sent = await ask(`${api}/api/v1/numbers/mine/send`, { method: "POST", headers, body });
  title("Were they delivered?");
  for (const id of [messageId, sent.messageId]) await delivered(`${api}/api/v1/messages/${id}`, headers);
}

async function delivered(url: string, headers: Record<string, string>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask(url, { headers });
    if (answer.status === "delivered") return;
    if (Date.now() > deadline) throw new Error("the message was not delivered in time");
    await pause(1_000);
  }
}
