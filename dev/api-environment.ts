import { base, baseSepolia } from "../contracts/chains.ts";
import type { Deployment } from "../contracts/deployment.ts";
import { privateKeyOf, settler } from "./accounts.ts";
import type { Sandbox } from "./dev-json.ts";
import type { Secrets } from "./secrets.ts";
import type { Settings } from "./settings.ts";

export type Joined = {
  databaseUrl: string;
  gateway: Deployment;
  receiver: Deployment | undefined;
  supplier: Sandbox | undefined;
  secrets: Secrets;
};

/** The environment of the API: ours, with what was started here put in its place. */
export function apiEnvironment(settings: Settings, joined: Joined): NodeJS.ProcessEnv {
  const { databaseUrl, gateway, receiver, supplier, secrets } = joined;
  const { ports, host, gatewayChain, isDemo } = settings;
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
    ...(isDemo ? { GATEWAY_WALLET_RPC_URL: `http://127.0.0.1:${ports.avalanche}` } : {}),
    ...(receiver ? receiverVariables(settings, receiver) : {}),
    ...(supplier ? supplierVariables(settings, supplier) : {}),
    // By exact host and port: every other address on this machine stays refused.
    UPSTREAM_ALLOW: [process.env.UPSTREAM_ALLOW, demo].filter(Boolean).join(","),
  };
}

function receiverVariables({ ports, receiverChain, hasLocalBase }: Settings, receiver: Deployment): NodeJS.ProcessEnv {
  const place = { RECEIVER_ADDRESS: receiver.address, RECEIVER_START_BLOCK: String(receiver.startBlock) };
  if (!hasLocalBase) return place;
  return {
    ...place,
    RECEIVER_CHAIN_ID: String(receiverChain?.id),
    [base.rpcVariable]: `http://127.0.0.1:${ports.base}`,
    RECEIVER_WALLET_RPC_URL: `http://127.0.0.1:${ports.base}`,
    // Nobody waits half an hour for a chain of his own.
    RECEIVER_FINAL_BLOCKS: process.env.RECEIVER_FINAL_BLOCKS || "30",
    // A key from outside may be worth something, and has no gas here.
    SETTLER_KEY: privateKeyOf(settler),
    PHONE_CARRIER: process.env.PHONE_CARRIER || "sandbox",
  };
}

const supplierVariables = ({ root }: Settings, { url, key }: Sandbox): NodeJS.ProcessEnv => ({
  OTP_SUPPLIER_URL: `${url}/stubs/handler_api.php`,
  OTP_SUPPLIER_KEY: key,
  OTP_CATALOG: `${root}/dev/otp-catalog.json`,
});

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
