/**
 * A started system and a browser, one of both per test file:
 *
 *   let shop: Shop;
 *   beforeAll(async () => { shop = await openShop(); }, OPENING_MS);
 *   afterAll(() => shop.close());
 *
 *   it("…", async () => {
 *     const visitor = await shop.visit();              // or { wallet: { chainId: 1 }, refusals: [401] }
 *     await visitor.open("/dashboard#keys");
 *     await visitor.press("Connect");                  // by the name of a button or link
 *     await visitor.fill("Name", "agent");             // by the label of an input
 *     await visitor.sees("agent");                     // waits; for more: visitor.page is Playwright's
 *     await visitor.look("dashboard-keys");            // screenshots, axe, no sideways scrolling; both themes and sizes
 *   });
 *
 * A visitor has a browser context and a wallet of his own (`wallet.ts`: decline, another chain, hold back what was
 * signed). Requests to other hosts, policy violations, words in the console, errors that nobody caught fail the test,
 * and so does an answer of 400 and more that `refusals` does not name (402 is always fine). Whoever is to pay is
 * `shop.dev.keys.payer`, with AVAX, ARENA and GLADIUS on Avalanche and USDC on Base; `{ as: "merchant" }` visits as
 * another of `dev.keys`. A test that failed leaves pictures in `screenshots/failed`.
 */
import { chmodSync, mkdtempSync } from "node:fs";
import path from "node:path";
import { type Browser, chromium } from "playwright-core";
import type { Hex } from "viem";
import { inject } from "vitest";
import { avalanche } from "../../contracts/chains.ts";
import { merchant } from "../../dev/accounts.ts";
import type { DevJson } from "../../dev/dev-json.ts";
import { ended } from "../../dev/process.ts";
import { demolish, type Home, newHome, type Started, start } from "../flow/started.ts";
import { type VisitOptions, type Visitor, visit } from "./visitor.ts";

export type Shop = {
  readonly dev: DevJson;
  /** Where the demo's upstream stands, which masked APIs may hide. */
  readonly upstreamUrl: string;
  visit(options?: VisitOptions & { as?: keyof Keys }): Promise<Visitor>;
  /** Puts an API on sale, over HTTP; fields as in POST /api/402/apis. Returns its id. */
  sell(fields?: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
};

type Keys = NonNullable<DevJson["keys"]>;

export const OPENING_MS = 240_000;

export async function openShop(): Promise<Shop> {
  // Postgres runs as another user when the tests run as root, and must be able to walk here.
  const folder = mkdtempSync(path.join("/var/tmp", "turnpike-browser-"));
  chmodSync(folder, 0o755);
  const home = await newHome(folder);
  const started = await start(home);
  const browser = await launch();
  const { dev } = started;
  const upstreamUrl = `http://127.0.0.1:${home.env.UPSTREAM_PORT}`;
  const rpcUrls = new Map(Object.entries(dev.chains).map(([chainId, { rpc }]) => [Number(chainId), rpc]));
  return {
    dev,
    upstreamUrl,
    visit: ({ as = "payer", ...options } = {}) => {
      const key = (dev.keys as Keys)[as] as Hex;
      return visit({ browser, origin: dev.api, key, rpcUrls }, options);
    },
    sell: (fields) => sell(dev, { p_api_url: `${upstreamUrl}/quote`, ...fields }),
    close: () => close({ home, started, browser }),
  };
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: inject("chromiumPath"),
    chromiumSandbox: process.getuid?.() !== 0,
    // Containers have little shared memory, and nothing but this machine is to be asked, not even for its address.
    args: ["--disable-dev-shm-usage", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
  });
}

async function close({ home, started, browser }: { home: Home; started: Started; browser: Browser }): Promise<void> {
  await browser.close();
  started.child.kill("SIGINT");
  await ended(started.child);
  await demolish(home);
}

async function sell({ api }: DevJson, fields: Record<string, unknown>): Promise<string> {
  const body = JSON.stringify({
    p_name: "Quotes of the day",
    p_merchant_wallet: merchant.address,
    p_token_address: avalanche.tokens.AVAX,
    p_amount_wei: "10000000000000000",
    p_valid_for_sec: 300,
    p_chain_id: avalanche.id,
    ...fields,
  });
  const response = await fetch(`${api}/api/402/apis`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body,
  });
  const answer = (await response.json()) as { apiId?: string };
  if (!answer.apiId) throw new Error(`not on sale: ${JSON.stringify(answer)}`);
  return answer.apiId;
}
