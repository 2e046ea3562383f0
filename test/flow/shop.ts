import type { ChildProcess } from "node:child_process";
import { inject } from "vitest";
import { freePort } from "../../dev/process.ts";
import { deploy, startTestChain, type TestChain } from "../indexer/chain.ts";
import { startTestIndexer, type TestIndexer } from "../indexer/run.ts";
import { freshDatabase } from "../support/database.ts";
import { apiEnvironment, startApi } from "./api-process.ts";

export type Shop = {
  readonly origin: string;
  readonly chain: TestChain;
  readonly token: { address: `0x${string}`; abi: readonly unknown[] };
  readonly databaseUrl: string;
  indexer: TestIndexer;
  /** All that the API's processes have printed. */
  readonly apiLog: () => string;
  /** Ends the API's process and starts another on the same port: its memory is gone. */
  restartApi(): Promise<void>;
  startIndexer(): Promise<void>;
  stop(): Promise<void>;
};

/** The whole way of data with real parts: an EVM chain, the indexer, Postgres and the API as a process of its own. */
export async function startShop(upstreamAllow: readonly string[]): Promise<Shop> {
  const databaseUrl = await freshDatabase(inject("pgUrl"));
  const chain = await startTestChain();
  const token = await deploy(chain.client, "test/mocks/DemoToken.sol/DemoToken", ["Arena", "ARENA"]);
  const port = await freePort();
  const env = {
    ...apiEnvironment({ databaseUrl, chain, port, upstreamAllow }),
    RATE_LIMIT_PER_MIN: "1000",
    LOG_LEVEL: "trace",
  };
  let printed = "";
  const print = (chunk: Buffer) => {
    printed += chunk;
  };
  const start = async () => {
    const { child, isUp } = startApi(env, ["ignore", "pipe", "pipe"]);
    child.stdout?.on("data", print);
    child.stderr?.on("data", print);
    await isUp;
    return child;
  };
  let api = await start();
  const shop: Shop = {
    origin: `http://127.0.0.1:${port}`,
    chain,
    token,
    databaseUrl,
    indexer: await startTestIndexer(chain, { databaseUrl }),
    apiLog: () => printed,
    restartApi: async () => {
      await endApi(api);
      api = await start();
    },
    startIndexer: async () => {
      shop.indexer = await startTestIndexer(chain, { databaseUrl });
      await shop.indexer.ready;
    },
    stop: async () => {
      await endApi(api);
      await shop.indexer.stop();
      await chain.stop();
    },
  };
  await shop.indexer.ready;
  return shop;
}

async function endApi(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}
