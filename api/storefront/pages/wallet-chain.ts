import type { Chain } from "../../../contracts/chains.ts";
import type { WalletChain } from "./browser/wallet-chain.ts";

/** What a page tells a wallet that does not know the chain. */
export const walletChainOf = ({ id, name, nativeSymbol, walletRpcUrl, explorerUrl }: Chain): WalletChain => ({
  id,
  name,
  nativeSymbol,
  rpcUrl: walletRpcUrl,
  explorerUrl: explorerUrl ?? null,
});
