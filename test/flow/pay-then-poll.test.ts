import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import pg from "pg";
import { type Hex, parseSignature } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { paymentGatewayAbi } from "../../contracts/abi.ts";
import { MERCHANT, PAYER } from "../indexer/chain.ts";
import { caughtUp } from "../indexer/run.ts";
import { call, mask, type Quote, quote, send, unlocked } from "./agent.ts";
import { type Shop, startShop } from "./shop.ts";

let shop: Shop;
let upstream: Server;
let upstreamUrl: string;

beforeAll(async () => {
  upstream = createServer((_, response) => response.setHeader("Content-Type", "application/json").end('{"answer":42}'));
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  upstreamUrl = `http://${host}/data`;
  shop = await startShop([host]);
});

afterAll(async () => {
  await shop?.stop();
  upstream?.close();
});

const gatewayCall = (functionName: "payNativeFor" | "payFor", args: readonly unknown[], value = 0n) =>
  shop.chain.client.simulateContract({
    account: PAYER,
    address: shop.chain.gateway.address,
    abi: paymentGatewayAbi,
    functionName,
    args: args as never,
    value: value as never,
  });

describe("a client that follows `calls`", () => {
  it("pays in the native coin, unlocks, and never shows its session id on chain", async () => {
    const url = await mask(shop.origin, { api_url: upstreamUrl, merchant: MERCHANT });
    const { session_id, payment_id, calls } = await quote(url);
    expect(payment_id).not.toBe(session_id);

    await send(shop.chain, calls.native as never);
    const answer = await unlocked(url, session_id);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      code: "successful",
      data: {
        api: { api_url: url },
        session: { id: expect.any(Number), session_id_hex: session_id, binding: "bound" },
        upstream: { status: 200, content_type: "application/json", body: { answer: 42 } },
      },
    });

    expect(await everythingOnChain()).toContain(payment_id.slice(2));
    expect(await everythingOnChain()).not.toContain(session_id.slice(2));
  });

  it("pays an ERC-20 by approve and payFor", async () => {
    const url = await mask(shop.origin, { api_url: upstreamUrl, merchant: MERCHANT, token: shop.token.address });
    await mint();
    const { session_id, calls } = await quote(url);
    await send(shop.chain, calls.erc20_approve_then_pay?.approve as never);
    await send(shop.chain, calls.erc20_approve_then_pay?.payFor as never);
    expect((await unlocked(url, session_id)).body.data.upstream.body).toEqual({ answer: 42 });
  });

  it("pays an ERC-20 by permit", async () => {
    const url = await mask(shop.origin, { api_url: upstreamUrl, merchant: MERCHANT, token: shop.token.address });
    await mint();
    const described = await quote(url);
    await payByPermit(described);
    expect((await unlocked(url, described.session_id)).body.data.upstream.body).toEqual({ answer: 42 });
  });
});

describe("a bound payment id", () => {
  let url: string;
  let paid: Quote;
  const amount = 100_000_000_000_000_000n;

  beforeAll(async () => {
    url = await mask(shop.origin, { api_url: upstreamUrl, merchant: MERCHANT });
    paid = await quote(url);
  });

  it.each([
    ["a wei less", amount - 1n],
    ["a wei more", amount + 1n],
    ["one wei", 1n],
  ])("reverts for %s", async (_, value) => {
    await expect(gatewayCall("payNativeFor", [paid.payment_id, MERCHANT], value)).rejects.toThrow(/PaymentIdMismatch/);
  });

  it("reverts for another merchant and for a token", async () => {
    await expect(gatewayCall("payNativeFor", [paid.payment_id, PAYER.address], amount)).rejects.toThrow();
    const inToken = [paid.payment_id, MERCHANT, shop.token.address, amount];
    await expect(gatewayCall("payFor", inToken)).rejects.toThrow();
  });

  it("reverts when it is paid a second time", async () => {
    await send(shop.chain, paid.calls.native as never);
    await expect(gatewayCall("payNativeFor", [paid.payment_id, MERCHANT], amount)).rejects.toThrow();
  });

  it("does not unlock for a watcher who presents it", async () => {
    const watcher = await call(url, paid.payment_id);
    expect(watcher).toMatchObject({ status: 402, body: { code: "payment_required" } });
    expect(watcher.body.data.session_id).not.toBe(paid.payment_id);
    expect(watcher.body.data.session_id).not.toBe(paid.session_id);
    expect((await unlocked(url, paid.session_id)).status).toBe(200);
  });
});

describe("a client that pays session_id itself, as the sample of the seed does", () => {
  it("is unlocked, and told that its id is public", async () => {
    const url = await mask(shop.origin, { api_url: upstreamUrl, merchant: MERCHANT });
    const info = await quote(url);
    await paySessionId(info, BigInt(info.amount_wei));
    const answer = await unlocked(url, info.session_id);
    expect(answer.body.data.session.binding).toBe("public");
  });

  it("is unlocked by the sum of its payments, not before", async () => {
    const url = await mask(shop.origin, { api_url: upstreamUrl, merchant: MERCHANT });
    const info = await quote(url);
    await paySessionId(info, BigInt(info.amount_wei) - 1n);
    await caughtUp(shop.databaseUrl, shop.chain);
    expect(await call(url, info.session_id)).toMatchObject({ status: 402, body: { data: { status: "pending" } } });
    await paySessionId(info, 1n);
    expect((await unlocked(url, info.session_id)).status).toBe(200);
  });
});

describe("when the session's time is over", () => {
  it("says session_expired with a fresh quote, which unlocks again", async () => {
    const url = await mask(shop.origin, { api_url: upstreamUrl, merchant: MERCHANT, validForSec: 2 });
    const first = await quote(url);
    await send(shop.chain, first.calls.native as never);
    expect((await unlocked(url, first.session_id)).status).toBe(200);

    await expect.poll(async () => (await call(url, first.session_id)).status, { timeout: 10_000 }).toBe(402);
    const over = await call(url, first.session_id);
    expect(over.body).toMatchObject({
      code: "session_expired",
      meta: { previous_session: first.session_id, expired_at: expect.any(String) },
    });
    const again: Quote = over.body.data;
    expect(again.session_id).not.toBe(first.session_id);
    await send(shop.chain, again.calls.native as never);
    expect((await unlocked(url, again.session_id)).status).toBe(200);
  });
});

describe("while the index is away", () => {
  it("still unlocks what was paid meanwhile, from the chain", async () => {
    const url = await mask(shop.origin, { api_url: upstreamUrl, merchant: MERCHANT });
    const info = await quote(url);
    await shop.indexer.stop();
    await send(shop.chain, info.calls.native as never);
    const answer = await call(url, info.session_id, { Prefer: "wait=30" });
    expect(answer.status).toBe(200);
    await shop.startIndexer();
  });

  it("comes back with byte-identical rows after its schema was dropped, and every right with them", async () => {
    const url = await mask(shop.origin, { api_url: upstreamUrl, merchant: MERCHANT });
    const info = await quote(url);
    await send(shop.chain, info.calls.native as never);
    await caughtUp(shop.databaseUrl, shop.chain);
    const before = await sessionRows();
    expect(before.length).toBeGreaterThan(5);

    await shop.indexer.stop();
    await query(`drop schema "${shop.indexer.schema}" cascade`);
    await shop.restartApi();
    await shop.startIndexer();
    await caughtUp(shop.databaseUrl, shop.chain);
    await expect.poll(sessionRows, { timeout: 30_000 }).toEqual(before);
    // Nobody had asked for this session before: its right stands on the new rows alone.
    expect((await unlocked(url, info.session_id)).status).toBe(200);
  });
});

async function paySessionId(info: Quote, value: bigint): Promise<void> {
  const { request } = await gatewayCall("payNativeFor", [info.session_id, info.merchant_wallet], value);
  await shop.chain.client.waitForTransactionReceipt({ hash: await shop.chain.client.writeContract(request as never) });
}

async function mint(): Promise<void> {
  const { client } = shop.chain;
  const hash = await client.writeContract({
    chain: null,
    ...shop.token,
    functionName: "mint",
    args: [PAYER.address, 10n ** 21n],
  } as never);
  await client.waitForTransactionReceipt({ hash });
}

async function payByPermit({ calls }: Quote): Promise<void> {
  // biome-ignore lint/suspicious/noExplicitAny: the descriptor is read as a client reads it, from JSON
  const { permit, args } = calls.erc20_permit as any;
  const { client } = shop.chain;
  const nonce = await client.readContract({ ...shop.token, functionName: "nonces", args: [PAYER.address] } as never);
  const message = { ...permit.message, owner: PAYER.address, nonce };
  const { r, s, v } = parseSignature(await PAYER.signTypedData({ ...permit, message }));
  const filled = args.map((given: string) => ({ "<v>": Number(v), "<r>": r, "<s>": s })[given] ?? given);
  const hash = await client.writeContract({
    chain: null,
    address: shop.chain.gateway.address,
    abi: paymentGatewayAbi,
    functionName: "payForWithPermit",
    args: filled,
  });
  expect((await client.waitForTransactionReceipt({ hash })).status).toBe("success");
}

async function everythingOnChain(): Promise<string> {
  const { client } = shop.chain;
  const head = await client.getBlockNumber();
  const numbers = Array.from({ length: Number(head) + 1 }, (_, index) => BigInt(index));
  const blocks = await Promise.all(
    numbers.map((blockNumber) => client.getBlock({ blockNumber, includeTransactions: true })),
  );
  const inputs: Hex[] = blocks.flatMap(({ transactions }) => transactions.map(({ input }) => input));
  const logs = await client.getLogs({ fromBlock: 0n, toBlock: head });
  return JSON.stringify([inputs, logs], (_, value) => (typeof value === "bigint" ? value.toString() : value));
}

const sessionRows = () => query("select s::text as row from onchain.session s order by session_id, merchant, token");

async function query(text: string): Promise<unknown[]> {
  const client = new pg.Client(shop.databaseUrl);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
