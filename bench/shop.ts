import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { type Indexer, startIndexer } from "../dev/indexer.ts";
import { startPostgres } from "../dev/postgres.ts";
import { ended, freePort } from "../dev/process.ts";
import { apiEnvironment, startApi } from "../test/flow/api-process.ts";
import { startTestChain, type TestChain } from "../test/indexer/chain.ts";

export type BenchShop = {
  readonly origin: string;
  readonly chain: TestChain;
  readonly databaseUrl: string;
  readonly indexer: Indexer;
  readonly apiPid: number;
  stop(): Promise<void>;
};

/** Everything real, durability settings included: chain, Postgres, indexer and the API, each a process of its own. */
export async function startBenchShop(
  upstreamAllow: readonly string[] = [],
  more: NodeJS.ProcessEnv = {},
): Promise<BenchShop> {
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
  const env = {
    ...apiEnvironment({ databaseUrl: postgres.url, chain, port, upstreamAllow }),
    NODE_ENV: "production",
    RATE_LIMIT_PER_MIN: "100000",
    MASKED_RATE_LIMIT_PER_MIN: "0",
    LOG_LEVEL: "warn",
    ...more,
  };
  const { child: api, isUp } = startApi(env, ["ignore", "ignore", "inherit"]);
  await isUp;
  return {
    origin: `http://127.0.0.1:${port}`,
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
