import type { Address } from "viem";
import { avalanche, base } from "../contracts/chains.ts";
import { merchant, payer, privateKeyOf, stranger } from "./accounts.ts";
import type { DevJson } from "./dev-json.ts";
import type { Settings } from "./settings.ts";
import type { System } from "./system.ts";

/** The part about chains, demo APIs and keys only where the chains are ours: a live RPC URL may hold a secret. */
export function devJsonOf({ isDemo, hasLocalBase, ports, databaseUrl }: Settings, system: System): DevJson {
  const { apiUrl: api, indexerUrl: indexer, gateway, receiver, apis, supplier } = system;
  const rpc = (port: number) => `http://127.0.0.1:${port}`;
  const { AVAX, ...tokens } = avalanche.tokens;
  return {
    api,
    indexer,
    ...(databaseUrl ? {} : { database: system.databaseUrl }),
    chains: {
      ...(isDemo ? { "43114": { rpc: rpc(ports.avalanche), gateway: gateway.address, tokens } } : {}),
      ...(hasLocalBase && receiver
        ? { "8453": { rpc: rpc(ports.base), usdc: base.tokens.USDC as Address, receiver: receiver.address } }
        : {}),
    },
    ...(apis ? { apis } : {}),
    ...(supplier ? { supplier } : {}),
    ...(isDemo ? { keys: keysOfAccounts() } : {}),
  };
}

const keysOfAccounts = () => ({
  payer: privateKeyOf(payer),
  merchant: privateKeyOf(merchant),
  stranger: privateKeyOf(stranger),
});
