import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { inject } from "vitest";
import { freePort } from "../../dev/process.ts";
import { deploy, startTestChain, type TestChain } from "../indexer/chain.ts";
import { startTestIndexer, type TestIndexer } from "../indexer/run.ts";
import { freshDatabase } from "../support/database.ts";

const ROOT = path.resolve(import.meta.dirname, "..", "..");

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
  const env = apiEnvironment({ databaseUrl, chain, port, upstreamAllow });
  let printed = "";
  const print = (chunk: Buffer) => {
    printed += chunk;
  };
  const origin = `http://127.0.0.1:${port}`;
  let api = await startApi(env, { print, origin });
  const shop: Shop = {
    origin,
    chain,
    token,
    databaseUrl,
    indexer: await startTestIndexer(chain, { databaseUrl }),
    apiLog: () => printed,
    restartApi: async () => {
      await endApi(api);
      api = await startApi(env, { print, origin });
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

type ApiOf = { databaseUrl: string; chain: TestChain; port: number; upstreamAllow: readonly string[] };

function apiEnvironment({ databaseUrl, chain, port, upstreamAllow }: ApiOf): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    DATABASE_URL: databaseUrl,
    PORT: String(port),
    AVALANCHE_RPC_URL: chain.rpcUrl,
    GATEWAY_ADDRESS: chain.gateway.address,
    GATEWAY_START_BLOCK: String(chain.gateway.startBlock),
    SESSION_KEYS: randomBytes(32).toString("hex"),
    SECRETS_KEY: randomBytes(32).toString("hex"),
    UPSTREAM_ALLOW: upstreamAllow.join(","),
    RATE_LIMIT_PER_MIN: "1000",
    // This chain mines only what a test sends.
    CHAIN_MAX_QUIET_SEC: "86400",
    LOG_LEVEL: "trace",
  };
}

async function startApi(
  env: NodeJS.ProcessEnv,
  { print, origin }: { print: (chunk: Buffer) => void; origin: string },
): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["api/server.ts"], { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.on("data", print);
  child.stderr.on("data", print);
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the API ended with ${child.exitCode}`);
    if (
      await fetch(`${origin}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return child;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function endApi(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}
