import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createPublicClient, erc20Abi, formatUnits, http, type LocalAccount } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { readDevJson } from "./dev-json.ts";
import { outcomeOf, type PaidFetch, payingFetch, payingFetchV1 } from "./paid-fetch.ts";

const home = path.resolve(process.env.TURNPIKE_HOME || path.join(import.meta.dirname, "..", ".turnpike"));
const isV1 = process.argv.includes("--v1");

const FRIEND = "+12125550123";
const JSON_TYPE = { "Content-Type": "application/json" };
const PATIENCE_MS = 60_000;

try {
  await main();
} catch (error) {
  console.error(`\ndemo:x402: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

type Answer = Record<string, unknown>;

/** An agent with a wallet buys two lines, sends texts and manages what it bought: all that it knows is the origin. */
async function main(): Promise<void> {
  const { api, chains, keys } = readDevJson(home);
  const base = chains["8453"];
  if (!base || !keys) throw new Error("the running Turnpike takes real money and has no demo payer");
  const account = privateKeyToAccount(keys.payer);
  const buy = buyer(api, account);
  const balance = () => usdcOf(base, account);
  console.log(`The agent is ${account.address}; it knows ${api} and has ${await balance()} USDC on Base.`);
  console.log(`It pays with ${isV1 ? "x402-fetch 1.2.0 (x402 v1)" : "@x402/fetch 2.27 (x402 v2)"}, as published.`);

  title("Buy a US line: $100 with 10,000 texts");
  const { phoneNumber } = await buy("/api/v1/numbers/buy/us", { country: "US" });
  title("Buy a British line: the same for $100");
  await buy("/api/v1/numbers/buy/intl", { country: "GB" });
  title("Send one SMS: $0.05, no line needed");
  const { messageId } = await buy("/api/v1/sms/send", { to: FRIEND, message: "Hello from an agent" });
  step("", `the agent has ${await balance()} USDC now`);

  title("Sign in with the wallet that paid");
  const headers = { ...JSON_TYPE, Authorization: `Bearer ${await signIn(api, account)}` };
  title("List its numbers");
  await ask(`${api}/api/v1/numbers/mine`, { headers });
  title("Send from the line: the first 10,000 texts are included");
  const body = JSON.stringify({ phoneNumber, to: FRIEND, message: "Hello from my number" });
  const sent = await ask(`${api}/api/v1/numbers/mine/send`, { method: "POST", headers, body });
  title("Were they delivered?");
  for (const id of [messageId, sent.messageId]) await delivered(`${api}/api/v1/messages/${id}`, headers);
}

function buyer(api: string, account: LocalAccount): (path: string, order: Answer) => Promise<Answer> {
  const paidFetch: PaidFetch = (isV1 ? payingFetchV1 : payingFetch)(account, watched);
  return async (path, order) => {
    const response = await paidFetch(api + path, { method: "POST", headers: JSON_TYPE, body: JSON.stringify(order) });
    // What is told later than at once is told to the payer alone.
    const headers = response.status === 202 ? { Authorization: `Bearer ${await signIn(api, account)}` } : {};
    const { ok, body } = await outcomeOf(response, (url) => watched(url, { headers }));
    step("", JSON.stringify(body));
    if (!ok) throw new Error(`${path} was not sold`);
    return body;
  };
}

async function signIn(api: string, account: LocalAccount): Promise<string> {
  const { message } = await ask(`${api}/api/v1/auth/siwe?address=${account.address}&chainId=8453`, {});
  const signature = await account.signMessage({ message: String(message) });
  const body = JSON.stringify({ message, signature });
  const { token } = await ask(`${api}/api/v1/auth/siwe`, { method: "POST", headers: JSON_TYPE, body });
  return String(token);
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

async function ask(url: string, init: RequestInit): Promise<Answer> {
  return told(await watched(url, init));
}

async function told(response: Response): Promise<Answer> {
  const text = await response.text();
  step("", text);
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
  return JSON.parse(text) as Answer;
}

/** `fetch` that shows what goes over the wire, so that the stock clients' own steps are seen, too. */
async function watched(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
  const request = new Request(input, init);
  const payment = ["payment-signature", "x-payment"].find((name) => request.headers.has(name));
  step(request.method, `${request.url}${payment ? ` with ${payment}` : ""}`);
  const response = await fetch(request.clone());
  step(String(response.status), noteOf(response));
  if (response.status !== 429) return response;
  await pause(Number(response.headers.get("retry-after")) * 1_000);
  return watched(request);
}

function noteOf({ headers }: Response): string {
  const receipt = headers.get("payment-response") ?? headers.get("x-payment-response");
  if (receipt) return `paid in transaction ${decoded(receipt).transaction}`;
  const required = headers.get("payment-required");
  if (!required) return "";
  const [offer] = decoded(required).accepts as { amount: string; payTo: string; network: string }[];
  return offer ? `${formatUnits(BigInt(offer.amount), 6)} USDC to ${offer.payTo} on ${offer.network}` : "";
}

function decoded(header: string): Answer {
  return JSON.parse(Buffer.from(header, "base64").toString("utf8")) as Answer;
}

async function usdcOf({ rpc, usdc }: { rpc: string; usdc: `0x${string}` }, { address }: LocalAccount): Promise<string> {
  const client = createPublicClient({ transport: http(rpc) });
  const call = { address: usdc, abi: erc20Abi, functionName: "balanceOf", args: [address] } as const;
  return formatUnits(await client.readContract(call), 6);
}

function title(text: string): void {
  console.log(`\n${text}`);
}

function step(what: string, detail: string): void {
  console.log(`  ${what.padEnd(5)} ${detail}`);
}
