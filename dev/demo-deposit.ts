import { randomUUID } from "node:crypto";
import path from "node:path";
import { demoWallet, introduced } from "./demo-wallet.ts";
import { readDevJson } from "./dev-json.ts";
import { type Answer, ask, JSON_TYPE, step, title } from "./watched.ts";

const home = path.resolve(process.env.TURNPIKE_HOME || path.join(import.meta.dirname, "..", ".turnpike"));
const isV1 = process.argv.includes("--v1");

const PATIENCE_MS = 120_000;
const FRIEND = "+12125550123";

try {
  await main();
} catch (error) {
  console.error(`\ndemo:deposit: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

/** An agent tops up once, gets a key and a balance, and needs no wallet any more. */
async function main(): Promise<void> {
  const wallet = demoWallet(readDevJson(home), isV1);
  console.log(await introduced(wallet, isV1));

  title("Top up: $5 unless told otherwise");
  const { api_key } = await wallet.buy("/api/v1/x402/topup");
  const shop = shopOf(wallet.api, String(api_key));

  title("What is there?");
  await shop.get("/api/v1/catalog/services?search=discord");
  const { countries } = await shop.get("/api/v1/catalog/countries?service=discord");

  title("Buy a number for a service and country");
  const bought = await shop.post("/api/v1/customer/purchase", { service: "discord", country: "id" });
  title("Wait for the code");
  const received = await codeOf(shop, String(bought.order_id));
  step("", `the code is ${received.code}`);

  title("Buy another and cancel it");
  const before = await shop.get("/api/v1/balance");
  const country = someOther(countries as Shelf[]);
  const other = await shop.post("/api/v1/customer/purchase", { service: "discord", country });
  await shop.post(`/api/v1/customer/cancel/${other.order_id}`);
  const after = await shop.get("/api/v1/balance");
  step("", `the balance is $${after.balance_usd} again`);
  if (after.balance_micro_usd !== before.balance_micro_usd) throw new Error("the balance was not restored");

  title("The same key pays for everything else: a text for $0.05, once however often it is asked for");
  const text = { to: FRIEND, message: "Hello from a balance" };
  const name = { "Idempotency-Key": randomUUID() };
  for (let i = 0; i < 2; i++) await shop.post("/api/v1/sms/send", text, name);

  title("What became of the money");
  await shop.get("/api/v1/transactions");
}

type Shelf = { country: string; available: number };

/** Another one each minute and for each client: what was cancelled cannot be bought again for two. */
function someOther(shelves: Shelf[]): string {
  const stocked = shelves.filter(({ country, available }) => available > 0 && country !== "id");
  const half = Math.floor(stocked.length / 2);
  const picked = stocked[(isV1 ? half : 0) + (Math.floor(Date.now() / 60_000) % half)];
  if (!picked) throw new Error("too little else is in stock");
  return picked.country;
}

type Shop = {
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body?: Answer, headers?: Record<string, string>): Promise<Answer>;
};

function shopOf(api: string, apiKey: string): Shop {
  const key = { "X-API-Key": apiKey };
  return {
    get: (path, headers) => ask(api + path, { headers: { ...key, ...headers } }),
    post: (path, body, headers) =>
      ask(api + path, {
        method: "POST",
        headers: { ...key, ...JSON_TYPE, ...headers },
        ...(body && { body: JSON.stringify(body) }),
      }),
  };
}

async function codeOf(shop: Shop, orderId: string): Promise<Answer> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const order = await shop.get(`/api/v1/customer/order/${orderId}`, { Prefer: "wait=20" });
    if (order.sms_received) return order;
    if (Date.now() > deadline) throw new Error("no code came in time");
  }
}
