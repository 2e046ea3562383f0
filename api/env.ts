import { type Address, getAddress, type Hex } from "viem";
import type { z } from "zod";
import { type Chain, chainById, gatewayChains, type ReceiverChain, receiverChains } from "../contracts/chains.ts";
import { type OtpEnv, otpOf } from "./env/otp.ts";
import { type PhoneEnv, phoneOf } from "./env/phone.ts";
import { httpUrl, key, list, variables } from "./env/variables.ts";

export type Env = {
  databaseUrl: string;
  host: string;
  /** 0 takes a free port. */
  port: number;
  /** Where callers reach us, without a trailing slash; absent, it follows from host and port. */
  publicUrl: string | undefined;
  /** 32 bytes each: the first signs, all verify. */
  sessionKeys: readonly Buffer[];
  secretsKey: Buffer;
  upstreamAllow: readonly string[];
  logLevel: string;
  rateLimitPerMin: number;
  /** 0 switches the limit on masked calls off. */
  maskedRateLimitPerMin: number;
  /** How many proxies in front of us append to X-Forwarded-For; 0 ignores the header. */
  trustedProxies: number;
  gatewayChain: Chain;
  /** Absent: read from Ignition's record. */
  gateway: Place | undefined;
  deploymentId: string;
  /** RPC URLs per chain id; the gateway's chain always has at least one. */
  rpcUrls: ReadonlyMap<number, readonly string[]>;
  /** Absent, when nobody is named who settles payments: then nothing is sold per call. */
  receiver: ReceiverEnv | undefined;
  /** Who has phone numbers and carries texts. */
  phone: PhoneEnv;
  /** Path of the operator's JSON file of what is allowed, and for how much; absent, everything at the usual prices. */
  phoneRulesFile: string | undefined;
  /** Absent, when no one-time codes are sold. */
  otp: OtpEnv | undefined;
  /** Opens what only the operator may see and do; absent, nobody may. */
  operatorToken: string | undefined;
  /** Who sells numbers, as their answers name it. */
  providerName: string;
  /** Where registries that list us may write. */
  contactEmail: string | undefined;
};

export type ReceiverEnv = {
  chain: ReceiverChain;
  /** Absent: read from Ignition's record. */
  place: Place | undefined;
  deploymentId: string;
  /** A facilitator that speaks x402's HTTP; it settles instead of us. */
  facilitatorUrl: string | undefined;
  /** What it wants in the `Authorization` header. */
  facilitatorAuthorization: string | undefined;
  /** Pays the gas when we settle ourselves. */
  settlerKey: Hex | undefined;
  /** Per gas, at most. */
  maxFeeWei: bigint;
};

/** Where a contract lives, and the first block that can hold its events. */
export type Place = { address: Address; startBlock: bigint };

/** Reads the API's environment. Throws an `Error` that names every variable that is missing or wrong, never its value. */
export function readEnv(source: NodeJS.ProcessEnv = process.env): Env {
  const present = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ""));
  const parsed = variables.safeParse(present);
  if (!parsed.success) throw new Error(parsed.error.issues.map(complaint).join("\n"));
  const given = parsed.data;
  const known = gatewayChainOf(given.GATEWAY_CHAIN_ID);
  const gatewayChain = { ...seenByWallets(known, given.GATEWAY_WALLET_RPC_URL), ...quietOf(known, given) };
  const rpcUrls = rpcUrlsOf(present, gatewayChain);
  return {
    databaseUrl: given.DATABASE_URL,
    host: given.HOST,
    port: given.PORT,
    publicUrl: given.PUBLIC_URL?.replace(/\/+$/, ""),
    sessionKeys: given.SESSION_KEYS.map(key),
    secretsKey: key(given.SECRETS_KEY),
    upstreamAllow: given.UPSTREAM_ALLOW,
    logLevel: given.LOG_LEVEL,
    rateLimitPerMin: given.RATE_LIMIT_PER_MIN,
    maskedRateLimitPerMin: given.MASKED_RATE_LIMIT_PER_MIN,
    trustedProxies: given.TRUSTED_PROXIES,
    gatewayChain,
    gateway: placeOf("GATEWAY", given.GATEWAY_ADDRESS, given.GATEWAY_START_BLOCK),
    deploymentId: given.IGNITION_DEPLOYMENT ?? `chain-${gatewayChain.id}`,
    rpcUrls,
    receiver: given.FACILITATOR_URL || given.SETTLER_KEY ? receiverOf(given, rpcUrls) : undefined,
    phone: phoneOf(given),
    phoneRulesFile: given.PHONE_RULES,
    otp: otpOf(given),
    operatorToken: given.OPERATOR_TOKEN,
    providerName: given.PROVIDER_NAME,
    contactEmail: given.CONTACT_EMAIL,
  };
}

function receiverOf(given: z.infer<typeof variables>, rpcUrls: Env["rpcUrls"]): ReceiverEnv {
  const known = receiverChains.find(({ id }) => id === given.RECEIVER_CHAIN_ID);
  if (!known) throw new Error(`RECEIVER_CHAIN_ID: ${given.RECEIVER_CHAIN_ID} is not a chain of the receiver`);
  if (!rpcUrls.has(known.id)) throw new Error(`${known.rpcVariable}: is missing, as payments are settled there`);
  return {
    chain: {
      ...seenByWallets(known, given.RECEIVER_WALLET_RPC_URL),
      ...quietOf(known, given),
      confirmationSteps: given.RECEIVER_CONFIRMATIONS ?? known.confirmationSteps,
      finalBlocks: given.RECEIVER_FINAL_BLOCKS ?? known.finalBlocks,
    },
    place: placeOf("RECEIVER", given.RECEIVER_ADDRESS, given.RECEIVER_START_BLOCK),
    deploymentId: given.RECEIVER_DEPLOYMENT ?? `chain-${known.id}`,
    facilitatorUrl: given.FACILITATOR_URL,
    facilitatorAuthorization: given.FACILITATOR_AUTHORIZATION,
    maxFeeWei: given.MAX_FEE_GWEI,
    settlerKey: given.SETTLER_KEY ? `0x${given.SETTLER_KEY.replace(/^0x/, "")}` : undefined,
  };
}

const quietOf = ({ maxQuietSec }: Chain, given: z.infer<typeof variables>) => ({
  maxQuietSec: given.CHAIN_MAX_QUIET_SEC ?? maxQuietSec,
});

/** What answers at a URL of the operator's may be a chain of his own, which no explorer shows. */
const seenByWallets = <C extends Chain>(chain: C, walletRpcUrl: string | undefined): C =>
  walletRpcUrl === undefined ? chain : { ...chain, walletRpcUrl, explorerUrl: undefined };

const complaint = (issue: z.core.$ZodIssue) =>
  `${issue.path.join(".")}: ${issue.code === "invalid_type" ? "is missing" : issue.message}`;

function placeOf(of: string, address: string | undefined, startBlock: bigint | undefined): Place | undefined {
  if (address === undefined) return undefined;
  // From block 0 a search through a real chain would never end.
  if (startBlock === undefined) throw new Error(`${of}_START_BLOCK: is missing, as ${of}_ADDRESS is set`);
  return { address: getAddress(address), startBlock };
}

function gatewayChainOf(id: number): Chain {
  const chain = gatewayChains.find((known) => known.id === id);
  if (!chain) throw new Error(`GATEWAY_CHAIN_ID: ${id} is not a chain of the gateway`);
  return chain;
}

function rpcUrlsOf(source: Record<string, string | undefined>, gatewayChain: Chain): Map<number, string[]> {
  const urls = new Map<number, string[]>();
  for (const id of [43114, 43113, 8453, 84532]) {
    const chain = chainById(id);
    const given = chain && list(source[chain.rpcVariable] ?? "");
    if (!chain || !given || given.length === 0) continue;
    if (!given.every((url) => httpUrl.safeParse(url).success)) throw new Error(`${chain.rpcVariable}: is not a URL`);
    urls.set(id, given);
  }
  // A public default would hide a forgotten setting until it is rate-limited in production.
  if (!urls.has(gatewayChain.id)) throw new Error(`${gatewayChain.rpcVariable}: is missing`);
  return urls;
}
