import { avalanche } from "../contracts/chains.ts";
import type { Settings } from "./settings.ts";
import type { System } from "./system.ts";

export const HELP = `npm start: brings up Turnpike and keeps it up until Ctrl-C.

With nothing set it needs no account and no key: Postgres, a local Avalanche (43114) and a local Base (8453), the
gateway's deployment, the indexer, the API, an upstream to hide and three demo APIs in front of it.

  TURNPIKE_HOME     where all state is kept (.turnpike); another one runs beside the first
  PORT              the API (8402)             UPSTREAM_PORT     the demo upstream (8403)
  INDEXER_PORT      the indexer (8404)         POSTGRES_PORT     Postgres (8405)
  AVALANCHE_PORT    local Avalanche (8406)     BASE_PORT         local Base (8407)
  HOST              where the API listens (127.0.0.1)

Each of these replaces the local part of its name:
  DATABASE_URL      an existing Postgres
  AVALANCHE_RPC_URL RPC URLs of a real Avalanche, comma separated (FUJI_RPC_URL with GATEWAY_CHAIN_ID=43113). The
                    gateway's address comes from Ignition's record or GATEWAY_ADDRESS and GATEWAY_START_BLOCK. Test
                    keys, demo data and local chains are then left out altogether.
  BASE_RPC_URL      RPC URLs of a real Base
  SESSION_KEYS, SECRETS_KEY   else made once and kept in the home

While it runs, <home>/dev.json tells other programs where everything is; logs are in <home>/logs.`;

/** What a person may want to do next. */
export function welcome(
  { home, gatewayChain, isDemo }: Settings,
  { apiUrl, indexerUrl, gateway, apis }: System,
): string {
  const lines = [
    "",
    "Turnpike is up.",
    `  API      ${apiUrl}`,
    `  Indexer  ${indexerUrl}`,
    `  Gateway  ${gateway.address} on ${gatewayChain.name} (${gatewayChain.id})`,
    `  State    ${home}`,
  ];
  if (!isDemo || !apis) return [...lines, "", "Ctrl-C stops it."].join("\n");
  return [
    ...lines,
    "",
    "Try:",
    `  curl -i ${apiUrl}/api/${apis.avax}`,
    "      the price, and how to pay it",
    `  ${demoAgentCommand(home)}`,
    "      an agent pays in three ways and gets what it paid for",
    `  curl -X POST ${apiUrl}/api/402/apis -H 'content-type: application/json' -d '${newApi}'`,
    "      hide an API of yours behind a price",
    "",
    "Ctrl-C stops it and keeps everything.",
  ].join("\n");
}

const demoAgentCommand = (home: string): string =>
  process.env.TURNPIKE_HOME ? `TURNPIKE_HOME=${home} npm run demo:agent` : "npm run demo:agent";

const newApi = JSON.stringify({
  p_api_url: "https://example.com/",
  p_merchant_wallet: "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
  p_token_address: avalanche.tokens.AVAX,
  p_amount_wei: "1000000000000000",
  p_valid_for_sec: 300,
  p_chain_id: avalanche.id,
});
