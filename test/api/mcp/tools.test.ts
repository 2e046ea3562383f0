import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dollarsOf } from "../../../api/prices.ts";
import type { Sale } from "../../../api/sale.ts";
import { toolNameOf } from "../../../api/storefront/mcp/sale-tools.ts";
import { createWorld, type World } from "../../world.ts";
import { openShopWindow, salesOf } from "../storefront/shop-window.ts";
import { quoteOf } from "../x402/counter.ts";
import { callAt, say } from "./room.ts";

let world: World;
beforeAll(async () => {
  world = await openShopWindow();
});
afterAll(() => world?.close());

type Card = { name: string; description: string; inputSchema: { type: string; properties: Record<string, unknown> } };

const listOf = async (at: World): Promise<Card[]> =>
  (await say(at, { jsonrpc: "2.0", id: 1, method: "tools/list" })).body.result.tools;

/** What a list of tools says otherwise than the sales. */
function disagreements(tools: readonly Card[], sales: readonly Sale[]): string[] {
  return sales.flatMap((sale) => {
    const tool = tools.find(({ name }) => name === toolNameOf(sale));
    if (!tool) return [`${sale.id} is missing`];
    const { idempotency_key: _, ...properties } = tool.inputSchema.properties;
    const isDescribed = JSON.stringify(properties) === JSON.stringify(sale.docs.inputSchema.properties);
    const price = `$${dollarsOf(sale.priceMicroUsd).toFixed(2)}`;
    const isPriced = tool.description.startsWith(sale.description) && tool.description.includes(price);
    return [
      ...(isDescribed ? [] : [`${sale.id} takes something else`]),
      ...(isPriced ? [] : [`${sale.id} costs else`]),
    ];
  });
}

const FREE = ["balance", "order_status", "cancel_order", "create_masked_api", "call_masked_api", "discovery"];

describe("the tools", () => {
  it("are what api/offers.ts sells, and what goes with it", async () => {
    const tools = await listOf(world);
    expect(disagreements(tools, salesOf(world))).toEqual([]);
    const sold = ["buy_number", ...salesOf(world).map(toolNameOf)];
    const besides = ["check_verification", "browse_codes", "purchase_code"];
    expect(tools.map(({ name }) => name)).toEqual([...sold, ...besides, ...FREE]);
  });

  it("would be found to differ, if an offer, a price or an argument did", async () => {
    const tools = await listOf(world);
    const [first] = salesOf(world) as [Sale, ...Sale[]];
    const dearer = { ...first, priceMicroUsd: first.priceMicroUsd + 10_000n };
    expect(disagreements(tools, [dearer])).toEqual([`${first.id} costs else`]);
    expect(disagreements([], [first])).toEqual([`${first.id} is missing`]);
    const other = { ...first, docs: { ...first.docs, inputSchema: { properties: { more: {} } } } };
    expect(disagreements(tools, [other])).toEqual([`${first.id} takes something else`]);
  });

  it("are those of the documents, with their prices, and promise no shape of what they answer", async () => {
    const tools = await listOf(world);
    const priced = {
      ...{ buy_number: "$100", buy_number_us: "$100", buy_number_intl: "$100", send_sms: "$0.05" },
      ...{ lookup_number: "$0.05", start_verification: "$2.25", top_up_credits: "$5" },
    };
    for (const [name, price] of Object.entries(priced))
      expect(tools.find((tool) => tool.name === name)?.description).toContain(price);
    // Clients hold the price of a tool against its output schema, and fail.
    for (const tool of tools) {
      expect(tool).not.toHaveProperty("outputSchema");
      expect(tool.inputSchema.type).toBe("object");
    }
  });

  it("ask what HTTP asks for the same", async () => {
    for (const sale of salesOf(world)) {
      const { structuredContent } = await callAt(world)(toolNameOf(sale), sale.docs.exampleInput);
      const accepted = quoteOf(await world.ask(sale.path, { method: "POST" }));
      expect([sale.id, structuredContent.accepts]).toEqual([sale.id, [accepted]]);
    }
    const quoted = async (country: string) =>
      (await callAt(world)("buy_number", { country })).structuredContent.resource;
    expect((await quoted("US")).url).toBe(`${world.url}/api/v1/numbers/buy/us`);
    expect((await quoted("GB")).url).toBe(`${world.url}/api/v1/numbers/buy/intl`);
  });

  it("ask for the top-up that is wanted", async () => {
    const { structuredContent } = await callAt(world)("top_up", { amount_usd: 12 });
    expect(structuredContent.accepts[0].amount).toBe("12000000");
    const { structuredContent: refused } = await callAt(world)("top_up", { amount_usd: 1 });
    expect(refused).toMatchObject({ error: "invalid_field", details: { min_usd: 2 } });
  });

  it("sell nothing where no money is taken, and no codes without a supplier", async () => {
    const bare = await createWorld();
    expect((await listOf(bare)).map(({ name }) => name)).toEqual(FREE);
    await bare.close();
  });
});

it("discovery tells what is sold and every endpoint", async () => {
  const { structuredContent } = await callAt(world)("discovery");
  const { endpoints, ...metadata } = structuredContent;
  expect(metadata).toEqual((await world.ask("/api/v1/discovery")).body);
  expect(endpoints).toContainEqual({ on: "POST /mcp", who: "anyone", summary: expect.any(String) });
  expect((await world.ask("/.well-known/x402")).body.mcp).toBe(`${world.url}/mcp`);
});
