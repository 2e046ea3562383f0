import type { WalletChain } from "../wallet-chain.ts";

/** What the server tells the script of `/gate`. */
export type GateData = {
  readonly publicUrl: string;
  readonly chain: WalletChain;
  /** The chain's own coin first. Decimals are null while the chain cannot be read. */
  readonly tokens: readonly { readonly symbol: string; readonly address: string; readonly decimals: number | null }[];
  /** Null while the contract's fee was never read. */
  readonly feeBps: number | null;
  readonly validForSec: { readonly min: number; readonly max: number };
  readonly headersMost: number;
};
