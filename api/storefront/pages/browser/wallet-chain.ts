/** A chain as a wallet is told of it. */
export type WalletChain = {
  readonly id: number;
  readonly name: string;
  readonly nativeSymbol: string;
  readonly rpcUrl: string;
  readonly explorerUrl: string | null;
};
