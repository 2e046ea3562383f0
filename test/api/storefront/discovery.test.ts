import { decodePaymentRequiredHeader } from "@x402/core/http";
import { HTTPFacilitatorClient } from "@x402/core/server";
import { validateDiscoveryExtension, withBazaar } from "@x402/extensions";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GATEWAY, type World } from "../../world.ts";
import { RECEIVER } from "../x402/counter.ts";
import { openShopWindow, salesOf } from "./shop-window.ts";

let world: World;
beforeAll(async () => {
  world = await openShopWindow();
});
afterAll(() => world?.close());

const bazaarOf = ({ url }: World) => withBazaar(new HTTPFacilitatorClient({ url })).extensions.bazaar;

describe("GET /discovery/resources", () => {
  it("is read by a Bazaar's own client, with the seed's paging", async () => {
    const { items, pagination, x402Version } = await bazaarOf(world).listResources({
      type: "http",
      limit: 100,
      offset: 0,
    });
    expect(x402Version).toBe(2);
    expect(pagination).toEqual({ limit: 100, offset: 0, total: salesOf(world).length });
    expect(items.map(({ resource }) => resource)).toEqual(salesOf(world).map(({ path }) => world.url + path));
    for (const item of items) {
      expect(new Date(item.lastUpdated).toISOString()).toBe(item.lastUpdated);
      const { bazaar } = item.extensions as { bazaar: Parameters<typeof validateDiscoveryExtension>[0] };
      expect(validateDiscoveryExtension(bazaar)).toEqual({ valid: true });
    }
  });

  it("says of a call what its 402 says, in a header that proxies take although clients send it back", async () => {
    const { items } = await bazaarOf(world).listResources({ type: "http" });
    for (const { resource, extensions } of items) {
      const header = (await fetch(resource, { method: "POST" })).headers.get("payment-required") ?? "";
      expect(decodePaymentRequiredHeader(header).extensions).toMatchObject({ bazaar: extensions?.bazaar });
      expect(header.length).toBeLessThan(4096);
    }
  });

  it("yields every offer once, page by page", async () => {
    const seen: string[] = [];
    for (let offset = 0, total = 1; offset < total; offset += 2) {
      const page = await bazaarOf(world).listResources({ type: "http", limit: 2, offset });
      seen.push(...page.items.map(({ resource }) => resource));
      total = page.pagination.total;
    }
    expect(seen).toEqual(salesOf(world).map(({ path }) => world.url + path));
  });

  it("finds by type, scheme, network and payTo, and nothing where nothing fits", async () => {
    const total = async (query: object) => (await bazaarOf(world).listResources(query)).pagination.total;
    const all = salesOf(world).length;
    const fitting = { scheme: "exact", network: "eip155:8453", payTo: RECEIVER };
    expect(await total({ type: "http", ...fitting })).toBe(all);
    expect(await total(fitting)).toBe(all);
    const others = {
      type: "mcp",
      scheme: "upto",
      network: "eip155:1",
      payTo: GATEWAY,
    };
    for (const [name, value] of Object.entries(others)) expect(await total({ ...fitting, [name]: value })).toBe(0);
  });

  it("gives 20 to who asks for no number, 100 at most, and refuses what is no number", async () => {
    const pages = async (query: string) => (await world.ask(`/discovery/resources${query}`)).body.pagination;
    expect(await pages("")).toMatchObject({ limit: 20, offset: 0 });
    expect(await pages("?limit=1000")).toMatchObject({ limit: 100 });
    expect(await pages("?offset=500")).toMatchObject({ offset: 500, total: salesOf(world).length });
    expect((await world.ask("/discovery/resources?limit=all")).status).toBe(400);
  });
});

describe("GET /api/v1/discovery and /.well-known/x402", () => {
  it("tell prices, networks and payTo, and where to read on", async () => {
    const { body } = await world.ask("/api/v1/discovery");
    const sms = body.resources.find(({ id }: { id: string }) => id === "sms.send");
    expect(sms).toMatchObject({ method: "POST", priceUsd: 0.05, needsSignIn: false, waysToPay: ["x402", "balance"] });
    const topUp = body.resources.find(({ id }: { id: string }) => id === "balance.topup");
    expect(topUp).toMatchObject({ priceUsd: 5, minUsd: 2, maxUsd: 10_000, waysToPay: ["x402"] });
    const wellKnown = (await world.ask("/.well-known/x402")).body;
    expect(wellKnown).toMatchObject({ version: 1, x402Version: 2, facilitators: [] });
    for (const { networks, payTo } of [body, wellKnown]) {
      expect(payTo).toBe(RECEIVER);
      expect(networks).toMatchObject([{ network: "eip155:8453", scheme: "exact", decimals: 6, payTo }]);
    }
    for (const link of [wellKnown.discovery, wellKnown.openapi, wellKnown.llms])
      expect((await fetch(link)).status).toBe(200);
  });

  it("name the facilitator, where one settles", async () => {
    const facilitated = await openShopWindow({ SETTLER_KEY: "", FACILITATOR_URL: "https://facilitator.example" });
    const { body } = await facilitated.ask("/.well-known/x402");
    expect(body.facilitators).toEqual(["https://facilitator.example"]);
    await facilitated.close();
  });
});
