import type { WalletChain } from "../wallet-chain.ts";

/** What the server puts into the page of a masked API for its script. */
export type PayData = {
  readonly apiId: string;
  /** `gone`: nothing is sold, and nothing is told about it; who has paid may go on. */
  readonly state: "active" | "paused" | "gone";
  readonly name: string;
  /** Where it is called. */
  readonly url: string;
  readonly methods: readonly string[];
  /** The gateway, through which it is paid. */
  readonly contract: string;
  readonly chain: WalletChain & {
    /** Tells our chain from another that has its number. Null when the server could not ask. */
    readonly firstBlockHash: string | null;
  };
  readonly token: {
    readonly address: string;
    readonly isNative: boolean;
    readonly symbol: string;
    /** Null: amounts are shown in the smallest units. */
    readonly decimals: number | null;
  };
};
