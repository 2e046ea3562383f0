import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { zeroAddress } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { usdcAbi } from "../../contracts/abi.ts";
import { startTestUpstream, type TestUpstream } from "../api/support/test-upstream.ts";
import { payerNo, USDC } from "../indexer/base.ts";
import { MERCHANT } from "../indexer/chain.ts";
import { type Quote, send } from "./agent.ts";
import { cloudflareShopper, connect, specShopper, vercelShopper } from "./mcp-clients.ts";
import { startTill, type Till } from "./till.ts";

let till: Till;
let upstream: TestUpstream;
beforeAll(async () => {
  upstream = await startTestUpstream();
  till = await startTill({ env: { PHONE_CARRIER: "sandbox", UPSTREAM_ALLOW: upstream.host } });
});
afterAll(async () => {
  await till?.stop();
  await upstream.close();
});

const received = () =>
  till.onBase.client.readContract({
    address: USDC.address,
    abi: usdcAbi,
    functionName: "balanceOf",
    args: [till.onBase.receiver.address],
  });

/** What the shop took while `work` was done. */
async function taken<T>(work: () => Promise<T>): Promise<[T, bigint]> {
  const before = await received();
  const result = await work();
  return [result, (await received()) - before];
}

const TEXT = { to: "+447700900123", message: "Hello from a model" };
const SMS = 50_000n;
const LINE = 100_000_000n;

/** On chain, and told in both ways in which clients look for it. */
async function expectReceipt({ _meta }: CallToolResult): Promise<void> {
  const receipt = _meta?.["x402/payment-response"] as { success: boolean; transaction: `0x${string}` };
  expect(receipt).toEqual(_meta?.["x402.payment-response"]);
  expect(receipt.success).toBe(true);
  const { status } = await till.onBase.client.getTransactionReceipt({ hash: receipt.transaction });
  expect(status).toBe("success");
}

describe("a stock MCP client", () => {
  it("reads what there is and what it costs", async () => {
    const client = await connect(till);
    const { tools } = await client.listTools();
    const priced = Object.fromEntries(tools.map(({ name, description }) => [name, description]));
    for (const name of ["buy_number", "buy_number_us", "buy_number_intl"]) expect(priced[name]).toContain("$100.00");
    expect(priced.send_sms).toContain("$0.05");
    expect(tools.filter(({ outputSchema }) => outputSchema)).toEqual([]);
    await client.close();
  });

  it("of x402's own dialect sends a text and buys a US line for $100", async () => {
    const shopper = await specShopper({ url: till.url, account: payerNo(1) });
    const [text, forText] = await taken(() => shopper.call("send_sms", TEXT));
    expect(text.structuredContent).toMatchObject({ success: true, to: TEXT.to, segments: 1 });
    expect(forText).toBe(SMS);
    await expectReceipt(text);
    const [line, forLine] = await taken(() => shopper.call("buy_number_us", { country: "US" }));
    expect(line.structuredContent).toMatchObject({ success: true, country: "US", priceUsd: 100 });
    expect(JSON.parse((line.content[0] as { text: string }).text)).toEqual(line.structuredContent);
    expect(forLine).toBe(LINE);
    await expectReceipt(line);
    await shopper.close();
  });

  it("of Vercel's (x402-mcp) sends a text and buys a line abroad for $100", async () => {
    const shopper = await vercelShopper({ url: till.url, account: payerNo(2) });
    const [text, forText] = await taken(() => shopper.call("send_sms", TEXT));
    expect(text.structuredContent).toMatchObject({ success: true, to: TEXT.to });
    expect(forText).toBe(SMS);
    await expectReceipt(text);
    const [line, forLine] = await taken(() => shopper.call("buy_number", { country: "GB" }));
    expect(line.structuredContent).toMatchObject({ success: true, country: "GB" });
    expect(forLine).toBe(LINE);
    await shopper.close();
  });

  it("of Cloudflare's sends a text; what costs more than its $1 it leaves, unless an API key pays", async () => {
    const shopper = await cloudflareShopper({ url: till.url, account: payerNo(3) });
    const [text, forText] = await taken(() => shopper.call("send_sms", TEXT));
    expect(text.structuredContent).toMatchObject({ success: true, to: TEXT.to });
    expect(forText).toBe(SMS);
    await expectReceipt(text);
    const [refused, forNothing] = await taken(() => shopper.call("buy_number_us", { country: "US" }));
    expect(refused.isError).toBe(true);
    expect(forNothing).toBe(0n);
    await shopper.close();
    const rich = await specShopper({ url: till.url, account: payerNo(3) });
    const { structuredContent: topUp } = await rich.call("top_up", { amount_usd: 101 });
    await rich.close();
    const headers = { Authorization: `Bearer ${(topUp as { api_key: string }).api_key}` };
    const keyed = await cloudflareShopper({ url: till.url, account: payerNo(3), headers });
    const line = await keyed.call("buy_number_us", { country: "US", idempotency_key: "line-1" });
    expect(line.structuredContent).toMatchObject({ success: true, country: "US" });
    expect(await keyed.call("buy_number_us", { country: "US", idempotency_key: "line-1" })).toEqual(line);
    expect((await keyed.call("balance")).structuredContent).toMatchObject({ balance_usd: 1 });
    await keyed.close();
  });

  it("buys what a masked API hides, by the call on chain that it is told to make", async () => {
    const client = await connect(till);
    const call = async (name: string, args: object) =>
      (await client.callTool({ name, arguments: args as Record<string, unknown> })).structuredContent as never;
    const created: { apiId: string } = await call("create_masked_api", {
      p_api_url: `${upstream.url}/json`,
      p_merchant_wallet: MERCHANT,
      p_token_address: zeroAddress,
      p_amount_wei: "1000000000000000",
      p_valid_for_sec: 60,
      p_chain_id: 43114,
    });
    const { data: quote }: { data: Quote } = await call("call_masked_api", created);
    const told = call("call_masked_api", { apiId: created.apiId, session_id: quote.session_id, wait_sec: 30 });
    await send(till.avalanche, quote.calls.native as NonNullable<typeof quote.calls.native>);
    expect(await told).toMatchObject({ code: "successful", data: { upstream: { status: 200, body: { answer: 42 } } } });
    await client.close();
  });
});
