import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type pg from "pg";
import { type Address, type Hex, toHex } from "viem";
import { afterEach, describe, expect, inject, it } from "vitest";
import { systemClock } from "../../api/clock.ts";
import { type Found, openIndexed } from "../../api/indexed.ts";
import { avalanche } from "../../contracts/chains.ts";
import { freshDatabase } from "../support/database.ts";
import { MERCHANT } from "./chain.ts";

const GATEWAY: Address = "0x1111111111111111111111111111111111111111";
const BOUND: Hex = `0x11${"22".repeat(31)}`;
const TX: Hex = `0x${"aa".repeat(32)}`;

describe("an index at block 100, stale, with a payment in block 95", () => {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    while (open.length > 0) await open.pop()?.close();
  });

  /** A node that tells its head and, unless it refuses, that there are no logs. */
  async function node({ head, hasLogs }: { head: number; hasLogs: boolean }): Promise<string> {
    const block = { number: toHex(head), timestamp: toHex(nowSec() - 60), transactions: [], hash: TX };
    const answers: Record<string, unknown> = {
      eth_chainId: toHex(avalanche.id),
      eth_blockNumber: toHex(head),
      eth_getBlockByNumber: block,
      ...(hasLogs && { eth_getLogs: [] }),
    };
    const server = createServer(async (request, response) => {
      const { id, method } = (await new Response(request as never).json()) as { id: number; method: string };
      const answer = method in answers ? { result: answers[method] } : { error: { code: -32_000, message: "no" } };
      response.setHeader("Content-Type", "application/json").end(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    open.push({
      close: () => {
        server.closeAllConnections();
        server.close();
      },
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function found(rpcUrls: readonly string[]): Promise<Found> {
    const indexed = await openIndexed({
      pool: { query: async () => ({ rows: [row()] }) } as unknown as pg.Pool,
      databaseUrl: await freshDatabase(inject("pgUrl")),
      chains: [{ chain: avalanche, rpcUrls, gateway: { address: GATEWAY, startBlock: 1n } }],
      clock: systemClock,
      log: { warn: () => {} },
    });
    open.push(indexed);
    return indexed.findPayments({ onChainId: BOUND, merchant: MERCHANT, token: "0x00" });
  }

  it("keeps it when the node ahead fails and the other knows less than the index", async () => {
    const rpcUrls = [await node({ head: 110, hasLogs: false }), await node({ head: 90, hasLogs: true })];
    const { payments, knownToSec } = await found(rpcUrls);
    expect(payments.map(({ txHash }) => txHash)).toEqual([TX]);
    expect(knownToSec).toBeUndefined();
  });

  it("does not take a node's word that is behind another's head", async () => {
    const rpcUrls = [await node({ head: 110, hasLogs: false }), await node({ head: 105, hasLogs: true })];
    expect((await found(rpcUrls)).knownToSec).toBeUndefined();
  });

  it("drops it when a node that is ahead says that it left the chain", async () => {
    expect((await found([await node({ head: 110, hasLogs: true })])).payments).toEqual([]);
  });
});

const nowSec = () => Math.floor(Date.now() / 1000);
const padded = (value: number, length: number) => String(value).padStart(length, "0");

const row = () => ({
  time: padded(nowSec() - 50, 10),
  block: padded(100, 16),
  final_block: padded(80, 16),
  tx_hash: TX,
  log_index: 0,
  payer: MERCHANT,
  amount_gross: "5",
  block_number: "95",
  block_time: String(nowSec() - 55),
});
