import { randomBytes } from "node:crypto";
import { ExactEvmScheme } from "@x402/evm/exact/client";
import { wrapFetchWithPayment, x402Client } from "@x402/fetch";
import {
  type Account,
  type Address,
  type Chain,
  createWalletClient,
  type Hex,
  http,
  type LocalAccount,
  type Transport,
  toHex,
  type WalletClient,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { base } from "viem/chains";
import { inject } from "vitest";
import { wrapFetchWithPayment as wrapFetchV1 } from "x402-fetch";
import { readEnv } from "../../api/env.ts";
import { type RunningServer, startServer } from "../../api/server.ts";
import { installMulticall3 } from "../../dev/multicall3.ts";
import { createTestSales, type TestSales } from "../api/x402/sales.ts";
import { following, startTestBase, type TestBase } from "../indexer/base.ts";
import { startTestChain, type TestChain } from "../indexer/chain.ts";
import { startTestIndexer, type TestIndexer } from "../indexer/run.ts";
import { freshDatabase } from "../support/database.ts";

/** A key that pays gas on test chains, and has nothing anywhere else. */
export const SETTLER: Hex = toHex(0x5e771e, { size: 32 });

export type Till = {
  readonly server: RunningServer;
  readonly url: string;
  readonly onBase: TestBase;
  readonly avalanche: TestChain;
  readonly indexer: TestIndexer;
  readonly sales: TestSales;
  readonly databaseUrl: string;
  readonly env: NodeJS.ProcessEnv;
  /** Another API process's like, on the same database and chains. */
  sibling(env?: NodeJS.ProcessEnv): Promise<RunningServer>;
  stop(): Promise<void>;
};

/** `payTo` takes the money instead of the receiver. */
export type TillOptions = { blockTimeSec?: number; env?: NodeJS.ProcessEnv; payTo?: Address };

/** Everything real but what is sold: chains, USDC, receiver, indexer, Postgres, API and facilitator. */
export async function startTill(options: TillOptions = {}): Promise<Till> {
  const databaseUrl = await freshDatabase(inject("pgUrl"));
  const [avalanche, started] = await Promise.all([startTestChain(), startTestBase()]);
  const { receiver } = started;
  const onBase = { ...started, receiver: { ...receiver, address: options.payTo ?? receiver.address } };
  await installMulticall3(onBase.rpcUrl);
  await onBase.client.setBalance({ address: privateKeyToAccount(SETTLER).address, value: 10n ** 20n });
  const indexer = await startTestIndexer(avalanche, { databaseUrl, ...following(avalanche, onBase) });
  await indexer.ready;
  if (options.blockTimeSec) await onBase.client.setIntervalMining({ interval: options.blockTimeSec });
  const env = { ...environmentOf({ databaseUrl, avalanche, onBase }), ...options.env };
  const sales = createTestSales();
  const siblings: RunningServer[] = [];
  const server = await startServer(readEnv(env), { sales: sales.all });
  return {
    server,
    url: server.url,
    onBase,
    avalanche,
    indexer,
    sales,
    databaseUrl,
    env,
    sibling: async (more = {}) => {
      const sibling = await startServer(readEnv({ ...env, ...more }), { sales: sales.all });
      siblings.push(sibling);
      return sibling;
    },
    stop: async () => {
      await Promise.all([server, ...siblings].map((one) => one.stop()));
      await indexer.stop();
      await Promise.all([avalanche.stop(), onBase.stop()]);
    },
  };
}

function environmentOf({ databaseUrl, avalanche, onBase }: Pick<Till, "databaseUrl" | "avalanche" | "onBase">) {
  return {
    PATH: process.env.PATH,
    DATABASE_URL: databaseUrl,
    PORT: "0",
    AVALANCHE_RPC_URL: avalanche.rpcUrl,
    GATEWAY_ADDRESS: avalanche.gateway.address,
    GATEWAY_START_BLOCK: String(avalanche.gateway.startBlock),
    BASE_RPC_URL: onBase.rpcUrl,
    RECEIVER_ADDRESS: onBase.receiver.address,
    RECEIVER_START_BLOCK: String(onBase.receiver.startBlock),
    SETTLER_KEY: SETTLER,
    SESSION_KEYS: randomBytes(32).toString("hex"),
    SECRETS_KEY: randomBytes(32).toString("hex"),
    RATE_LIMIT_PER_MIN: "100000",
    // These chains mine only what a test sends.
    CHAIN_MAX_QUIET_SEC: "86400",
    LOG_LEVEL: "warn",
  };
}

/** fetch of today's stock client, version 2. */
export function fetchV2(account: LocalAccount): typeof fetch {
  const client = new x402Client().register("eip155:*", new ExactEvmScheme(account));
  return wrapFetchWithPayment(fetch, client.setSpendControls({ maxAmountPerPayment: "$150" }));
}

/** fetch of the last stock client of version 1. */
export function fetchV1(account: LocalAccount, rpcUrl: string): typeof fetch {
  const wallet = createWalletClient({ account, chain: base, transport: http(rpcUrl) });
  return wrapFetchV1(fetch, wallet as WalletClient<Transport, Chain, Account> as never, 150_000_000n) as typeof fetch;
}

export const post = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});
