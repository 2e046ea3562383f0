import type { WalletChain } from "../wallet-chain.ts";

/** What the server tells this page. */
export type DashboardData = {
  readonly hasLines: boolean;
  /** What is sold per call, by id. */
  readonly items: Readonly<Record<string, string>>;
  /** Where payments per call and top-ups are taken. */
  readonly paidOn: WalletChain | undefined;
  /** Where USDC that is sent becomes its sender's balance. */
  readonly receiver: string | undefined;
  readonly tokens: readonly Token[];
  readonly limits: {
    readonly nameChars: number;
    readonly quoteValidSec: number;
    readonly messageChars: number;
    readonly topUpUsd: { readonly min: number; readonly usual: number };
    readonly api: { readonly nameChars: number; readonly descriptionChars: number; readonly page: number };
  };
  readonly line: {
    readonly priceUsd: number;
    readonly renewalUsd: number;
    readonly days: number;
    readonly texts: number;
  };
  readonly textUsd: number;
};

export type Token = { readonly address: string; readonly symbol: string; readonly decimals: number };
