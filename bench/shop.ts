import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { type Indexer, startIndexer } from "../dev/indexer.ts";
import { startPostgres } from "../dev/postgres.ts";
import { ended, freePort } from "../dev/process.ts";
import { startTestChain, type TestChain } from "../test/indexer/chain.ts";

const ROOT = path.resolve(import.meta.dirname, "..");

export type BenchShop = {
  readonly origin: string;
  readonly chain: TestChain;
  readonly databaseUrl: string;
  readonly indexer: Indexer;
  readonly apiPid: number;
  stop(): Promise<void>;
};

/** Everything real, durability settings included: chain, Postgres, indexer and the API, each a process of its own. */
export async function startBenchShop(upstreamAllow: readonly string[] = []): Promise<BenchShop> {
  const home = mkdtempSync("/var/tmp/turnpike-bench-");
  chmodSync(home, 0o755);
  const postgres = await startPostgres({ dataDir: path.join(home, "data") });
  const chain = await startTestChain();
  const { gateway, rpcUrl } = chain;
  const rpcUrls = new Map([[gateway.chainId, [rpcUrl]]]);
  const pidFile = path.join(home, "indexer.pid");
  const indexer = await startIndexer({ databaseUrl: postgres.url, gateway, rpcUrls, pollMs: 100, pidFile });
  await indexer.ready;
  const port = await freePort();
  const api = spawn(process.execPath, ["api/server.ts"], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      PATH: process.env.PATH,
      NODE_ENV: "production",
      DATABASE_URL: postgres.url,
      PORT: String(port),
      AVALANCHE_RPC_URL: rpcUrl,
      GATEWAY_ADDRESS: gateway.address,
      GATEWAY_START_BLOCK: String(gateway.startBlock),
      SESSION_KEYS: randomBytes(32).toString("hex"),
      SECRETS_KEY: randomBytes(32).toString("hex"),
      UPSTREAM_ALLOW: upstreamAllow.join(","),
      RATE_LIMIT_PER_MIN: "100000",
      MASKED_RATE_LIMIT_PER_MIN: "0",
      CHAIN_MAX_QUIET_SEC: "86400",
      LOG_LEVEL: "warn",
    },
  });
  const origin = `http://127.0.0.1:${port}`;
  await answering(`${origin}/healthz`, api);
  return {
    origin,
    chain,
    databaseUrl: postgres.url,
    indexer,
    apiPid: api.pid as number,
    stop: async () => {
      api.kill("SIGTERM");
      await ended(api);
      await indexer.stop();
      await chain.stop();
      await postgres.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Resolves when `url` answers well; rejects when the process behind it has ended. */
export async function answering(url: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer && answer.status < 500) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${url}: the process behind it ended with ${child.exitCode}`);
}
