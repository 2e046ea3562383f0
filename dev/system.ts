import type { Deployment } from "../contracts/deployment.ts";
import { apiEnvironment, rpcUrlsOf } from "./api-environment.ts";
import { demoApis } from "./demo-apis.ts";
import { liveDeployment } from "./deploy.ts";
import type { DemoApiIds, Sandbox } from "./dev-json.ts";
import { refuseForeignIndex } from "./foreign-index.ts";
import { keepEnvironment } from "./kept-environment.ts";
import { createKeptIndexer } from "./kept-indexer.ts";
import { localPlaces } from "./local-chains.ts";
import { spawnNode } from "./node-child.ts";
import { loopback, run, type Tools } from "./parts.ts";
import { startPostgres } from "./postgres.ts";
import { type Readers, runAvalanche, runBase } from "./run-chains.ts";

export type System = {
  apiUrl: string;
  databaseUrl: string;
  indexerUrl: string;
  gateway: Deployment;
  /** Undefined: nothing is sold per call. */
  receiver: Deployment | undefined;
  apis: DemoApiIds | undefined;
  /** The sandbox that sells us numbers for one-time codes; undefined: a real one does, or nobody. */
  supplier: Sandbox | undefined;
};

/** Brings up every part that is ours to start, each one before those that need it. */
export async function startSystem(tools: Tools): Promise<System> {
  const { settings, progress } = tools;
  const databaseUrl = settings.databaseUrl ?? (await progress.step("Postgres", () => runPostgres(tools)));
  const readers: Readers = {};
  const contracts = await findContracts(tools, readers);
  for (const { chainId, port } of settings.databaseUrl ? localPlaces(settings) : [])
    await refuseForeignIndex(databaseUrl, { chainId, rpcUrl: loopback(port) });
  const indexer = createIndexer(tools, databaseUrl, contracts);
  readers.indexer = indexer;
  await progress.step("Indexer", indexer.start);

  const [apiUrl, upstreamUrl] = [loopback(settings.ports.api), loopback(settings.ports.upstream)];
  if (settings.isDemo) await progress.step("Demo upstream", () => runUpstream(tools, upstreamUrl));
  const supplier = settings.hasSandboxSupplier
    ? await progress.step("Supplier of codes", () => runSupplier(tools))
    : undefined;
  const env = apiEnvironment(settings, { databaseUrl, ...contracts, supplier, secrets: tools.secrets });
  await keepEnvironment(settings.home, env);
  readers.api = await progress.step("API", () => runApi(tools, { env, apiUrl }));
  const apis = settings.isDemo
    ? await progress.step("Demo APIs", () => demoApis({ home: settings.home, apiUrl, upstreamUrl }))
    : undefined;
  return { apiUrl, databaseUrl, indexerUrl: loopback(settings.ports.indexer), ...contracts, apis, supplier };
}

type Contracts = Pick<System, "gateway" | "receiver">;

async function findContracts(tools: Tools, readers: Readers): Promise<Contracts> {
  const { root, gatewayChain, receiverChain, isDemo, hasLocalBase } = tools.settings;
  const gateway = isDemo ? await runAvalanche(tools, readers) : liveDeployment("gateway", root, gatewayChain.id);
  if (hasLocalBase) return { gateway, receiver: await runBase(tools, readers) };
  return { gateway, receiver: receiverChain && liveDeployment("receiver", root, receiverChain.id) };
}

async function runPostgres(tools: Tools): Promise<string> {
  const { home, ports } = tools.settings;
  const launch = () => startPostgres({ dataDir: `${home}/postgres`, port: ports.postgres });
  return (await run(tools, { name: "postgres", launch })).first.url;
}

function createIndexer({ settings, progress, watch, stops }: Tools, databaseUrl: string, contracts: Contracts) {
  const { home, ports, gatewayChain, receiverChain, isDemo } = settings;
  const { gateway, receiver } = contracts;
  const indexer = createKeptIndexer({
    databaseUrl,
    gateway: { chainId: gatewayChain.id, ...gateway },
    ...(receiver && receiverChain ? { receiver: { chainId: receiverChain.id, ...receiver } } : {}),
    rpcUrls: rpcUrlsOf(settings),
    localChains: localPlaces(settings).map(({ chainId }) => chainId),
    port: ports.indexer,
    ...(isDemo ? { pollMs: LOCAL_POLL_MS, patience: LOCAL_PATIENCE } : { pollMs: LIVE_POLL_MS }),
    pidFile: `${home}/indexer.pid`,
    logFile: `${home}/logs/indexer.log`,
    log: progress.log,
    signal: watch.signal,
  });
  stops.push(indexer.stop);
  return indexer;
}

const LOCAL_POLL_MS = 100;
/** A local chain has a block every second and is never slow: who stands still here has stopped for good. */
const LOCAL_PATIENCE = { stuckAfterMs: 20_000, lookEveryMs: 1_000 };
const LIVE_POLL_MS = 1_000;

async function runUpstream(tools: Tools, url: string): Promise<void> {
  const { root, home, ports } = tools.settings;
  const env = { ...process.env, PORT: String(ports.upstream) };
  const child = { script: `${root}/dev/upstream.ts`, env, logFile: `${home}/logs/upstream.log`, readyUrl: `${url}/` };
  await run(tools, { name: "upstream", launch: async () => spawnNode(child) });
}

async function runSupplier(tools: Tools): Promise<Sandbox> {
  const { root, home, ports } = tools.settings;
  const url = loopback(ports.supplier);
  // Whoever has the key may order codes and faults, on this machine alone.
  const key = "sandbox-key";
  const env = { ...process.env, PORT: String(ports.supplier), KEY: key, STATE_FILE: `${home}/supplier.sqlite` };
  const script = `${root}/dev/otp-supplier.ts`;
  const child = { script, env, logFile: `${home}/logs/supplier.log`, readyUrl: `${url}/healthz` };
  await run(tools, { name: "supplier", launch: async () => spawnNode(child) });
  return { url, key };
}

async function runApi(tools: Tools, { env, apiUrl }: { env: NodeJS.ProcessEnv; apiUrl: string }) {
  const { root, home } = tools.settings;
  const child = { script: `${root}/api/server.ts`, env, logFile: `${home}/logs/api.log`, readyUrl: `${apiUrl}/readyz` };
  return run(tools, { name: "api", launch: async () => spawnNode(child) });
}
