import { setTimeout as pause } from "node:timers/promises";
import { formatUnits } from "viem";

export type Answer = Record<string, unknown>;

export const JSON_TYPE = { "Content-Type": "application/json" };

/** Asks as a client does that stops at whatever is not a success. */
export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await watched(url, init);
  const text = await response.text();
  step("", text);
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
  return JSON.parse(text) as Answer;
}

/** `fetch` that shows what goes over the wire, so that the stock clients' own steps are seen, too. */
export async function watched(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
  const request = new Request(input, init);
  const payment = ["payment-signature", "x-payment"].find((name) => request.headers.has(name));
  step(request.method, `${request.url}${payment ? ` with ${payment}` : ""}`);
  const response = await fetch(request.clone());
  step(String(response.status), noteOf(response));
  if (response.status !== 429) return response;
  const sec = Number(response.headers.get("retry-after"));
  step("", `waits ${sec} s`);
  await pause(sec * 1_000);
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

export function title(text: string): void {
  console.log(`\n${text}`);
}

export function step(what: string, detail: string): void {
  console.log(`  ${what.padEnd(5)} ${detail}`);
}
