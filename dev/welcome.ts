import { avalanche } from "../contracts/chains.ts";
import type { Settings } from "./settings.ts";
import type { System } from "./system.ts";

export const HELP = `npm start: brings up Turnpike and keeps it up until Ctrl-C.

With nothing set it needs no account and no key: Postgres, a local Avalanche (43114) with the gateway, a local Base
(8453) with USDC and the settlement receiver, the indexer, the API with a sandbox for a phone carrier, a sandbox that
sells numbers for one-time codes, an upstream to hide and three demo APIs in front of it.

  TURNPIKE_HOME     where all state is kept (.turnpike); another one runs beside the first
  PORT              the API (8402)             UPSTREAM_PORT     the demo upstream (8403)
  INDEXER_PORT      the indexer (8404)         POSTGRES_PORT     Postgres (8405)
  AVALANCHE_PORT    local Avalanche (8406)     BASE_PORT         local Base (8407)
  SUPPLIER_PORT     sandbox supplier of codes (8408)
  HOST              where the API listens (127.0.0.1)

Each of these replaces the local part of its name:
  DATABASE_URL      an existing Postgres
  AVALANCHE_RPC_URL RPC URLs of a real Avalanche, comma separated (FUJI_RPC_URL with GATEWAY_CHAIN_ID=43113). The
                    gateway's address comes from Ignition's record or GATEWAY_ADDRESS and GATEWAY_START_BLOCK. Test
                    keys, demo data and local chains are then left out altogether.
  BASE_RPC_URL      RPC URLs of a real Base (BASE_SEPOLIA_RPC_URL with RECEIVER_CHAIN_ID=84532). Things are sold per call
                    there when FACILITATOR_URL or SETTLER_KEY says who settles; the receiver's address comes from
                    Ignition's record or RECEIVER_ADDRESS and RECEIVER_START_BLOCK, and PHONE_CARRIER says who
                    fulfils. Without them nothing is.
  FACILITATOR_URL   settles payments per call instead of the API itself, also on the local Base
  OTP_SUPPLIER_URL  a real supplier of numbers for one-time codes, with OTP_SUPPLIER_KEY and OTP_CATALOG
  SESSION_KEYS, SECRETS_KEY, OPERATOR_TOKEN   else made once and kept in the home (secrets.json)

While it runs, <home>/dev.json tells other programs where everything is; logs are in <home>/logs.`;

/** What a person may want to do next. */
export function welcome(settings: Settings, system: System): string {
  const { apiUrl, indexerUrl, gateway, receiver, apis } = system;
  const { home, gatewayChain, receiverChain, isDemo } = settings;
  const lines = [
    "",
    "Turnpike is up.",
    `  API      ${apiUrl} (open it in a browser)`,
    `  Indexer  ${indexerUrl}`,
    `  Gateway  ${gateway.address} on ${gatewayChain.name} (${gatewayChain.id})`,
    ...(receiver && receiverChain
      ? [`  Receiver ${receiver.address} on ${receiverChain.name} (${receiverChain.id})`]
      : ["  Receiver none: nothing is sold per call"]),
    `  State    ${home}`,
  ];
  if (!isDemo || !apis) return [...lines, "", "Ctrl-C stops it."].join("\n");
  return [
    ...lines,
    "",
    "Pay, then poll:",
    `  curl -i ${apiUrl}/api/${apis.avax}`,
    `      the price, and how to pay it; for people: ${apiUrl}/${apis.avax}`,
    `  ${demoCommand("demo:agent", home)}`,
    "      an agent pays in three ways and gets what it paid for",
    `  curl -X POST ${apiUrl}/api/402/apis -H 'content-type: application/json' -d '${newApi}'`,
    "      hide an API of yours behind a price",
    ...(settings.hasLocalBase ? [...payPerCall(apiUrl, home), ...depositFirst(apiUrl, home)] : []),
    "",
    "Ctrl-C stops it and keeps everything.",
  ].join("\n");
}

const payPerCall = (apiUrl: string, home: string): string[] => [
  "",
  "Pay per call:",
  `  curl -i -X POST ${apiUrl}/api/v1/sms/send`,
  "      the price in USDC, as x402 tells it",
  `  ${demoCommand("demo:x402", home)}`,
  "      an agent buys a phone line, sends texts and signs in, with stock x402 clients (-- --v1 for the older one)",
];

const depositFirst = (apiUrl: string, home: string): string[] => [
  "",
  "Deposit first:",
  `  curl -i -X POST ${apiUrl}/api/v1/x402/topup`,
  "      what a top-up of $5 costs; paid, it gives an API key and a balance",
  `  curl '${apiUrl}/api/v1/catalog/services?search=discord'`,
  "      what numbers for one-time codes cost, and how many there are",
  `  ${demoCommand("demo:deposit", home)}`,
  "      an agent tops up, buys a number, waits for the code, cancels another and gets its money back (-- --v1 as well)",
];

const demoCommand = (script: string, home: string): string =>
  `${process.env.TURNPIKE_HOME ? `TURNPIKE_HOME=${home} ` : ""}npm run ${script}`;

const newApi = JSON.stringify({
  p_api_url: "https://example.com/",
  p_merchant_wallet: "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
  p_token_address: avalanche.tokens.AVAX,
  p_amount_wei: "1000000000000000",
  p_valid_for_sec: 300,
  p_chain_id: avalanche.id,
});
