import { base, baseSepolia } from "../contracts/chains.ts";
import type { Deployment } from "../contracts/deployment.ts";
import type { Secrets } from "./secrets.ts";
import type { Settings } from "./settings.ts";

export type Joined = { databaseUrl: string; gateway: Deployment; secrets: Secrets };

/** The environment of the API: ours, with what was started here put in its place. */
export function apiEnvironment(settings: Settings, { databaseUrl, gateway, secrets }: Joined): NodeJS.ProcessEnv {
  const { ports, host, gatewayChain, isDemo, hasLocalBase } = settings;
  const demo = isDemo ? `127.0.0.1:${ports.upstream}` : "";
  return {
    ...process.env,
    ...secrets,
    HOST: host,
    PORT: String(ports.api),
    DATABASE_URL: databaseUrl,
    GATEWAY_CHAIN_ID: String(gatewayChain.id),
    GATEWAY_ADDRESS: gateway.address,
    GATEWAY_START_BLOCK: String(gateway.startBlock),
    [gatewayChain.rpcVariable]: (rpcUrlsOf(settings).get(gatewayChain.id) ?? []).join(","),
    ...(hasLocalBase ? { [base.rpcVariable]: `http://127.0.0.1:${ports.base}` } : {}),
    // By exact host and port: every other address on this machine stays refused.
    UPSTREAM_ALLOW: [process.env.UPSTREAM_ALLOW, demo].filter(Boolean).join(","),
  };
}

/** RPC URLs per chain id: the local chains', or those that the operator gave. */
export function rpcUrlsOf({ ports, gatewayChain, isDemo, hasLocalBase }: Settings): Map<number, string[]> {
  const urls = new Map<number, string[]>();
  for (const chain of [gatewayChain, base, baseSepolia]) {
    const given = process.env[chain.rpcVariable];
    if (given) urls.set(chain.id, given.split(","));
  }
  if (isDemo) urls.set(gatewayChain.id, [`http://127.0.0.1:${ports.avalanche}`]);
  if (hasLocalBase) urls.set(base.id, [`http://127.0.0.1:${ports.base}`]);
  return urls;
}
