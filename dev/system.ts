import type { Deployment } from "../contracts/deployment.ts";
import { apiEnvironment, rpcUrlsOf } from "./api-environment.ts";
import { startChain } from "./chain.ts";
import { demoApis } from "./demo-apis.ts";
import { deployGateway, liveGateway } from "./deploy.ts";
import type { DemoApiIds } from "./dev-json.ts";
import { refuseForeignIndex } from "./foreign-index.ts";
import { type Kept, keepAlive, type Running, type Spec, type Watch } from "./keep-alive.ts";
import { createKeptIndexer, type KeptIndexer } from "./kept-indexer.ts";
import { installDemoTokens, installFundedUsdc, type LocalPlace, localAvalanche, localBase } from "./local-chains.ts";
import { spawnNode } from "./node-child.ts";
import { startPostgres } from "./postgres.ts";
import type { Progress } from "./progress.ts";
import { rpc } from "./rpc.ts";
import type { Secrets } from "./secrets.ts";
import type { Settings } from "./settings.ts";

export type Tools = {
  settings: Settings;
  secrets: Secrets;
  progress: Progress;
  watch: Watch;
  /** What ends the parts, in the order in which they began. */
  stops: (() => Promise<void>)[];
};

export type System = { apiUrl: string; indexerUrl: string; gateway: Deployment; apis: DemoApiIds | undefined };

/** Brings up every part that is ours to start, each one before those that need it. */
export async function startSystem(tools: Tools): Promise<System> {
  const { settings, progress } = tools;
  const databaseUrl = settings.databaseUrl ?? (await progress.step("Postgres", () => runPostgres(tools)));
  const readers: Readers = {};
  const gateway = settings.isDemo ? await runAvalanche(tools, readers) : liveGateway(settings);
  if (settings.hasLocalBase) await progress.step("Base (local) with USDC", () => runBase(tools));
  if (settings.isDemo && settings.databaseUrl)
    await refuseForeignIndex(settings.databaseUrl, loopback(settings.ports.avalanche));
  const indexer = createIndexer(tools, databaseUrl, gateway);
  readers.indexer = indexer;
  await progress.step("Indexer", indexer.start);

  const [apiUrl, upstreamUrl] = [loopback(settings.ports.api), loopback(settings.ports.upstream)];
  if (settings.isDemo) await progress.step("Demo upstream", () => runUpstream(tools, upstreamUrl));
  const env = apiEnvironment(settings, { databaseUrl, gateway, secrets: tools.secrets });
  readers.api = await progress.step("API", () => runApi(tools, { env, apiUrl }));
  const apis = settings.isDemo
    ? await progress.step("Demo APIs", () => demoApis({ home: settings.home, apiUrl, upstreamUrl }))
    : undefined;
  return { apiUrl, indexerUrl: loopback(settings.ports.indexer), gateway, apis };
}

export const loopback = (port: number): string => `http://127.0.0.1:${port}`;

/** Those who remember blocks of the gateway's chain, once they run. */
type Readers = { indexer?: KeptIndexer; api?: Kept<Running> };

async function run<Kind extends Running>({ watch, stops }: Tools, spec: Spec<Kind>): Promise<Kept<Kind>> {
  watch.signal.throwIfAborted();
  const kept = await keepAlive(spec, watch);
  stops.push(kept.stop);
  return kept;
}

async function runPostgres(tools: Tools): Promise<string> {
  const { home, ports } = tools.settings;
  const launch = () => startPostgres({ dataDir: `${home}/postgres`, port: ports.postgres });
  return (await run(tools, { name: "postgres", launch })).first.url;
}

async function runAvalanche(tools: Tools, readers: Readers): Promise<Deployment> {
  const { settings, progress, watch } = tools;
  const place = localAvalanche(settings);
  const relaunch = async () => {
    // An indexer that watched the chain shrink could not tell what is gone from what is late, and the API's gas hints
    // rest on payments that it saw.
    await readers.indexer?.hold();
    return relaunchChain(tools, place).finally(() => {
      readers.indexer?.release();
      void readers.api?.restart();
    });
  };
  const { first: chain } = await progress.step("Avalanche (local)", () =>
    run(tools, {
      name: "avalanche",
      launch: (life) => (life === 0 ? startChain({ ...place, log: progress.log }) : relaunch()),
    }),
  );
  const { root, localDeploymentId: deploymentId } = settings;
  const gateway = await progress.step("Payment gateway (compiled once)", () =>
    deployGateway({ rpcUrl: chain.rpcUrl, root, deploymentId, signal: watch.signal }),
  );
  await progress.step("Demo tokens", () => installDemoTokens(chain.rpcUrl, root));
  await chain.followClock();
  return gateway;
}

async function runBase(tools: Tools): Promise<void> {
  const place = localBase(tools.settings);
  const { first: chain } = await run(tools, {
    name: "base",
    launch: (life) => (life === 0 ? startChain({ ...place, log: tools.progress.log }) : relaunchChain(tools, place)),
  });
  await installFundedUsdc(chain.rpcUrl);
  await chain.followClock();
}

async function relaunchChain({ progress }: Tools, place: LocalPlace) {
  const chain = await startChain({ ...place, log: progress.log });
  await chain.followClock().catch(async (error) => {
    await chain.stop();
    throw error;
  });
  const block = Number(await rpc<string>(chain.rpcUrl, "eth_blockNumber"));
  progress.log(
    `${place.name} goes on from block ${block}; what it had mined after its last save, if anything, is lost`,
  );
  return chain;
}

function createIndexer({ settings, progress, watch, stops }: Tools, databaseUrl: string, gateway: Deployment) {
  const { home, ports, gatewayChain, isDemo } = settings;
  const indexer = createKeptIndexer({
    databaseUrl,
    gateway: { chainId: gatewayChain.id, ...gateway },
    rpcUrls: rpcUrlsOf(settings),
    localChains: isDemo,
    port: ports.indexer,
    pollMs: isDemo ? LOCAL_POLL_MS : LIVE_POLL_MS,
    pidFile: `${home}/indexer.pid`,
    logFile: `${home}/logs/indexer.log`,
    log: progress.log,
    signal: watch.signal,
  });
  stops.push(indexer.stop);
  return indexer;
}

const LOCAL_POLL_MS = 200;
const LIVE_POLL_MS = 1_000;

async function runUpstream(tools: Tools, url: string): Promise<void> {
  const { root, home, ports } = tools.settings;
  const env = { ...process.env, PORT: String(ports.upstream) };
  const child = { script: `${root}/dev/upstream.ts`, env, logFile: `${home}/logs/upstream.log`, readyUrl: `${url}/` };
  await run(tools, { name: "upstream", launch: async () => spawnNode(child) });
}

async function runApi(tools: Tools, { env, apiUrl }: { env: NodeJS.ProcessEnv; apiUrl: string }) {
  const { root, home } = tools.settings;
  const child = { script: `${root}/api/server.ts`, env, logFile: `${home}/logs/api.log`, readyUrl: `${apiUrl}/readyz` };
  return run(tools, { name: "api", launch: async () => spawnNode(child) });
}
