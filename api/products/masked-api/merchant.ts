import type { Address } from "viem";
import { ApiError } from "../../errors.ts";
import type { Wallet } from "../../identity/siwe.ts";

export type Belongings = { readonly merchant: Address; readonly chainId: number };

/** @throws ApiError unauthorized when nobody is signed in, forbidden when it is not who the API belongs to */
export function mustBeMerchant(wallet: Wallet | undefined, { merchant, chainId }: Belongings): void {
  if (!wallet) throw new ApiError("unauthorized");
  const { address, onlyChainId } = wallet;
  if (address !== merchant) throw new ApiError("forbidden");
  if (onlyChainId !== undefined && onlyChainId !== chainId)
    throw new ApiError("forbidden", { message: `A contract wallet must sign in on chain ${chainId}, the API's.` });
}
