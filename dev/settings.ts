import { createHash } from "node:crypto";
import path from "node:path";
import { base, baseSepolia, type Chain, chainById, gatewayChains, receiverChains } from "../contracts/chains.ts";

export const PORT_VARIABLES = {
  api: "PORT",
  upstream: "UPSTREAM_PORT",
  indexer: "INDEXER_PORT",
  postgres: "POSTGRES_PORT",
  avalanche: "AVALANCHE_PORT",
  base: "BASE_PORT",
  supplier: "SUPPLIER_PORT",
} as const;

export type Part = keyof typeof PORT_VARIABLES;

export type Settings = {
  /** The repository. */
  root: string;
  /** Where this instance keeps everything: chains, database, keys, logs, dev.json. */
  home: string;
  host: string;
  ports: Readonly<Record<Part, number>>;
  /** Set: an existing Postgres; none is started. */
  databaseUrl: string | undefined;
  gatewayChain: Chain;
  /** True when the gateway's chain is ours: only then there are test accounts, demo tokens and demo APIs. */
  isDemo: boolean;
  /** True when a local Base is started. */
  hasLocalBase: boolean;
  /** True when a sandbox sells numbers for one-time codes: beside made-up money only. */
  hasSandboxSupplier: boolean;
  /** Where payments per call are taken; undefined, when nobody is named who settles them on a real chain. */
  receiverChain: Chain | undefined;
};

/** Ignition's name for a local deployment: one per chain and home, for all homes share the repository. */
export function localDeploymentId({ root, home }: Pick<Settings, "root" | "home">, chainId: number): string {
  return home === defaultHome(root) ? `local-${chainId}` : `local-${chainId}-${shortHash(home)}`;
}

const DEFAULT_PORTS: Readonly<Record<Part, number>> = {
  api: 8402,
  upstream: 8403,
  indexer: 8404,
  postgres: 8405,
  avalanche: 8406,
  base: 8407,
  supplier: 8408,
};

/** @throws Error with a sentence for the operator when a variable is wrong */
export function readSettings(root: string, env: NodeJS.ProcessEnv = process.env): Settings {
  const home = path.resolve(env.TURNPIKE_HOME || defaultHome(root));
  const gatewayChain = gatewayChainOf(env);
  const isLive = Boolean(env[gatewayChain.rpcVariable]);
  if (!isLive && gatewayChain.id !== 43114) throw new Error(`${gatewayChain.rpcVariable} is missing`);
  // A made-up Base beside a real Avalanche would take made-up money for real.
  const hasLocalBase = !isLive && ![base, baseSepolia].some(({ rpcVariable }) => env[rpcVariable]);
  return {
    root,
    home,
    host: env.HOST || "127.0.0.1",
    ports: portsOf(env),
    databaseUrl: env.DATABASE_URL || undefined,
    gatewayChain,
    isDemo: !isLive,
    hasLocalBase,
    hasSandboxSupplier: hasLocalBase && !env.OTP_SUPPLIER_URL,
    receiverChain: receiverChainOf(env, hasLocalBase),
  };
}

function gatewayChainOf(env: NodeJS.ProcessEnv): Chain {
  const chain = chainById(Number(env.GATEWAY_CHAIN_ID || 43114));
  if (chain && gatewayChains.includes(chain)) return chain;
  throw new Error(`GATEWAY_CHAIN_ID must be one of ${gatewayChains.map(({ id }) => id).join(", ")}`);
}

function receiverChainOf(env: NodeJS.ProcessEnv, hasLocalBase: boolean): Chain | undefined {
  const chain = receiverChains.find(({ id }) => id === Number(env.RECEIVER_CHAIN_ID || receiverChains[0]?.id));
  if (!chain) throw new Error(`RECEIVER_CHAIN_ID must be one of ${receiverChains.map(({ id }) => id).join(", ")}`);
  if (!hasLocalBase && !env.FACILITATOR_URL && !env.SETTLER_KEY) return undefined;
  if (env[chain.rpcVariable] || (hasLocalBase && chain === base)) return chain;
  throw new Error(`${chain.rpcVariable} is missing, as payments per call are to be settled there`);
}

function portsOf(env: NodeJS.ProcessEnv): Record<Part, number> {
  const ports = { ...DEFAULT_PORTS };
  for (const part of Object.keys(ports) as Part[]) {
    const given = env[PORT_VARIABLES[part]];
    if (!given) continue;
    ports[part] = Number(given);
    if (!Number.isInteger(ports[part]) || ports[part] < 1 || ports[part] > 65_535)
      throw new Error(`${PORT_VARIABLES[part]} is not a port: ${given}`);
  }
  return ports;
}

const defaultHome = (root: string): string => path.join(root, ".turnpike");

const shortHash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 8);
