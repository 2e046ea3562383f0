import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { HTTPFacilitatorClient } from "@x402/core/server";
import { validateDiscoveryExtension, withBazaar } from "@x402/extensions";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GATEWAY, MERCHANT, TOKEN, type World } from "../../world.ts";
import { merchantWallet, signedIn } from "../support/wallet.ts";
import { openShopWindow, salesOf } from "./shop-window.ts";

const PROGRAM = path.resolve(import.meta.dirname, "../../../node_modules/@agentcash/discovery/bin/discovery.js");

let world: World;
let listed: string[];
beforeAll(async () => {
  world = await openShopWindow();
  const headers = await signedIn(world, merchantWallet);
  listed = [];
  for (const fields of [
    { p_name: 'Say "hi"', p_description: "Greets | whoever pays" },
    { p_name: null, p_token_address: TOKEN, p_amount_wei: "7", p_allowed_methods: ["POST", "PUT"] },
    { p_allowed_methods: ["DELETE"], p_token_address: "0x00000000000000000000000000000000000000AA" },
  ]) {
    const apiId = await world.sell(fields);
    const body = JSON.stringify({ p_is_listed: true });
    await world.ask(`/api/402/apis/${apiId}`, { method: "PATCH", headers, body });
    world.clock.advance(1);
    listed.push(apiId);
  }
});
afterAll(() => world?.close());

const bazaar = () => withBazaar(new HTTPFacilitatorClient({ url: world.url })).extensions.bazaar;
const urls = () => [
  ...salesOf(world).map((sale) => world.url + sale.path),
  ...listed.map((id) => `${world.url}/api/${id}`),
];
const run = async (...args: string[]) => (await promisify(execFile)(process.execPath, [PROGRAM, ...args])).stdout;

describe("listed masked APIs beside what the house sells", () => {
  it("are read by a Bazaar's own client, every offer once, page by page", async () => {
    const seen: string[] = [];
    for (let offset = 0, total = 1; offset < total; offset += 2) {
      const { items, pagination } = await bazaar().listResources({ type: "http", limit: 2, offset });
      seen.push(...items.map(({ resource }) => resource));
      total = pagination.total;
      for (const { extensions } of items) {
        const { bazaar: declared } = extensions as { bazaar: Parameters<typeof validateDiscoveryExtension>[0] };
        expect(validateDiscoveryExtension(declared)).toEqual({ valid: true });
      }
    }
    expect(seen).toEqual(urls());
  });

  it("are paid to their merchants by the gateway, under a scheme of its own", async () => {
    const { items } = await bazaar().listResources({ type: "http", limit: 100 });
    const [native, token, other] = items.slice(-3).map(({ accepts }) => accepts[0]);
    const terms = { scheme: "gateway-session", network: "eip155:43114", payTo: MERCHANT, maxTimeoutSeconds: 900 };
    const extra = { contract: GATEWAY, validForSec: 300 };
    expect(native).toEqual({
      ...terms,
      amount: "100000000000000000",
      asset: `0x${"0".repeat(40)}`,
      extra: { ...extra, symbol: "AVAX" },
    });
    expect(token).toMatchObject({ ...terms, amount: "7", asset: TOKEN, extra: { ...extra, symbol: "ARENA" } });
    expect(other).toMatchObject({ ...terms, extra });
    expect(other?.extra).not.toHaveProperty("symbol");
    for (const apiId of listed.slice(0, 1)) {
      const { data } = (await world.ask(`/api/${apiId}`)).body;
      expect([data.amount_wei, data.merchant_wallet, data.contract]).toEqual([native?.amount, MERCHANT, GATEWAY]);
    }
  });

  it("are found by scheme and by payTo, and are no part of what stock clients ask for", async () => {
    const resources = async (query: string) =>
      (await world.ask(`/discovery/resources?limit=100&${query}`)).body.items.map(
        ({ resource }: { resource: string }) => resource,
      );
    const masked = urls().slice(-3);
    expect(await resources("scheme=gateway-session")).toEqual(masked);
    expect(await resources(`payTo=${MERCHANT.toLowerCase()}`)).toEqual(masked);
    expect(await resources("network=eip155:43114")).toEqual(masked);
    expect(await resources("scheme=exact")).toEqual(urls().slice(0, -3));
    expect((await world.ask("/.well-known/x402")).body.resources).toEqual(urls().slice(0, -3));
  });

  it("stand in /api/v1/discovery with the page where people pay, apart from what has a price in dollars", async () => {
    const { maskedApis, resources } = (await world.ask("/api/v1/discovery")).body;
    expect(resources).toHaveLength(salesOf(world).length);
    expect(maskedApis.total).toBe(3);
    expect(maskedApis.resources).toMatchObject(
      listed.map((id) => ({ id, resource: `${world.url}/api/${id}`, page: `${world.url}/${id}`, validForSec: 300 })),
    );
    expect(maskedApis.resources[1]).toMatchObject({ name: null, methods: ["POST", "PUT"] });
  });

  it("stand in /llms.txt in one line each, as their merchants' words", async () => {
    const { text } = await world.ask("/llms.txt");
    expect(text).toContain("3 of them");
    expect(text).toContain(`- ${world.url}/api/${listed[0]}: "Say \\"hi\\"", 100000000000000000 wei AVAX for 300 s\n`);
    expect(text).toContain(`- ${world.url}/api/${listed[1]}: "A masked API", 7 wei ARENA for 300 s\n`);
    expect(text).not.toContain("Greets");
  });

  it("cost @agentcash/discovery no error and no warning", async () => {
    expect(JSON.parse(await run("discover", world.url, "--json")).warnings).toEqual([]);
    expect(await run("discover", world.url, "--verbose")).not.toContain("Warnings");
  });
});

describe("while the database is away", () => {
  it("shows what was listed last, and the rest of the shop window as ever", async () => {
    const sibling = await world.sibling();
    expect((await sibling.ask("/discovery/resources")).body.pagination.total).toBe(urls().length);
    await sibling.server.deps.db.close();
    sibling.server.deps.changes.tell("anything");
    expect((await sibling.ask("/discovery/resources")).body.pagination.total).toBe(urls().length);
    expect((await sibling.ask("/llms.txt")).text).toContain(String(listed[0]));
  });
});
