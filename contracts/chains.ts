import type { Address } from "viem";

/** A chain that Turnpike knows: what stays true whoever runs it. Addresses of our own contracts come from Ignition. */
export type Chain = {
  readonly id: number;
  /** CAIP-2 name, as x402 v2 spells networks. */
  readonly caip2: `eip155:${number}`;
  readonly name: string;
  readonly nativeSymbol: string;
  /** Environment variable that holds the chain's RPC URLs, comma separated. */
  readonly rpcVariable: string;
  /** Blocks on top of a payment's own before the API grants it. Avalanche's `latest` is final. */
  readonly confirmations: number;
  /** A node whose newest block is older than this may have frozen: whether somebody paid cannot be known from it. */
  readonly maxQuietSec: number;
  readonly tokens: Readonly<Record<string, Address>>;
};

export const NATIVE_TOKEN: Address = "0x0000000000000000000000000000000000000000";

export const avalanche: Chain = {
  id: 43114,
  caip2: "eip155:43114",
  name: "Avalanche C-Chain",
  nativeSymbol: "AVAX",
  rpcVariable: "AVALANCHE_RPC_URL",
  confirmations: 0,
  maxQuietSec: 60,
  tokens: {
    AVAX: NATIVE_TOKEN,
    ARENA: "0xB8d7710f7d8349A506b75dD184F05777c82dAd0C",
    GLADIUS: "0x34a1D2105dd1b658A48EAD516A9CE3032082799C",
  },
};

export const fuji: Chain = {
  id: 43113,
  caip2: "eip155:43113",
  name: "Avalanche Fuji",
  nativeSymbol: "AVAX",
  rpcVariable: "FUJI_RPC_URL",
  confirmations: 0,
  // A test network mines only when somebody has something to say.
  maxQuietSec: 600,
  tokens: { AVAX: NATIVE_TOKEN },
};

export const base: Chain = {
  id: 8453,
  caip2: "eip155:8453",
  name: "Base",
  nativeSymbol: "ETH",
  rpcVariable: "BASE_RPC_URL",
  confirmations: 1,
  maxQuietSec: 60,
  tokens: { USDC: "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913" },
};

export const baseSepolia: Chain = {
  id: 84532,
  caip2: "eip155:84532",
  name: "Base Sepolia",
  nativeSymbol: "ETH",
  rpcVariable: "BASE_SEPOLIA_RPC_URL",
  confirmations: 1,
  maxQuietSec: 60,
  tokens: { USDC: "0x036CbD53842c5426634e7929541eC2318f3dCF7e" },
};

/** Chains that can carry the payment gateway; the first is the default. */
export const gatewayChains: readonly Chain[] = [avalanche, fuji];

/** Chains that can carry the settlement receiver; the first is the default. */
export const receiverChains: readonly Chain[] = [base, baseSepolia];

export const chainById = (id: number): Chain | undefined =>
  [avalanche, fuji, base, baseSepolia].find((chain) => chain.id === id);
