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
  /** What a wallet is told that does not know the chain: open to anyone. We ask our own nodes. */
  readonly walletRpcUrl: string;
  /** Where people look transactions up; absent for a chain that no explorer shows. */
  readonly explorerUrl?: string | undefined;
};

/** Can carry the settlement receiver. */
export type ReceiverChain = Chain & {
  /** Circle's USDC; name and version are its EIP-712 domain's, and differ from chain to chain. */
  readonly usdc: { readonly address: Address; readonly name: string; readonly version: string };
  /** By rising amount: what a settlement needs instead of `confirmations` from each amount on. */
  readonly confirmationSteps: readonly ConfirmationStep[];
  /** So many blocks on top of a settlement, and no reorg takes it back any more: its batch is final on Ethereum. */
  readonly finalBlocks: number;
};

export type ConfirmationStep = {
  /** 1e-6 USD, which is USDC's atomic unit. */
  readonly fromMicroUsd: bigint;
  /** Blocks on top of the settlement's own before the API grants what it paid for. */
  readonly blocks: number;
};

/** How many blocks a settlement of this amount needs on top of its own. */
export const confirmationsFor = (chain: ReceiverChain, amountMicroUsd: bigint): number =>
  chain.confirmationSteps.findLast(({ fromMicroUsd }) => fromMicroUsd <= amountMicroUsd)?.blocks ?? chain.confirmations;

/** What a token that we know is called on its chain. */
export const symbolOf = ({ tokens }: Chain, token: Address): string | undefined =>
  Object.entries(tokens).find(([, address]) => address.toLowerCase() === token.toLowerCase())?.[0];

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
  walletRpcUrl: "https://api.avax.network/ext/bc/C/rpc",
  explorerUrl: "https://snowtrace.io",
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
  walletRpcUrl: "https://api.avax-test.network/ext/bc/C/rpc",
  explorerUrl: "https://testnet.snowtrace.io",
};

const BASE_USDC: Address = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";
const BASE_SEPOLIA_USDC: Address = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";

const CONFIRMATION_STEPS: readonly ConfirmationStep[] = [{ fromMicroUsd: 500_000_000n, blocks: 1 }];

export const base: ReceiverChain = {
  id: 8453,
  caip2: "eip155:8453",
  name: "Base",
  nativeSymbol: "ETH",
  rpcVariable: "BASE_RPC_URL",
  // A small payment is granted with its own block: a reorg that takes it back costs less than everybody's waiting.
  confirmations: 0,
  maxQuietSec: 60,
  tokens: { USDC: BASE_USDC },
  walletRpcUrl: "https://mainnet.base.org",
  explorerUrl: "https://basescan.org",
  usdc: { address: BASE_USDC, name: "USD Coin", version: "2" },
  confirmationSteps: CONFIRMATION_STEPS,
  finalBlocks: 900,
};

export const baseSepolia: ReceiverChain = {
  id: 84532,
  caip2: "eip155:84532",
  name: "Base Sepolia",
  nativeSymbol: "ETH",
  rpcVariable: "BASE_SEPOLIA_RPC_URL",
  confirmations: 0,
  maxQuietSec: 60,
  tokens: { USDC: BASE_SEPOLIA_USDC },
  walletRpcUrl: "https://sepolia.base.org",
  explorerUrl: "https://sepolia.basescan.org",
  usdc: { address: BASE_SEPOLIA_USDC, name: "USDC", version: "2" },
  confirmationSteps: CONFIRMATION_STEPS,
  finalBlocks: 900,
};

/** Chains that can carry the payment gateway; the first is the default. */
export const gatewayChains: readonly Chain[] = [avalanche, fuji];

/** Chains that can carry the settlement receiver; the first is the default. */
export const receiverChains: readonly ReceiverChain[] = [base, baseSepolia];

export const chainById = (id: number): Chain | undefined =>
  [avalanche, fuji, base, baseSepolia].find((chain) => chain.id === id);
