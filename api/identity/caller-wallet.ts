import { ApiError } from "../errors.ts";
import type { Credentials } from "./account.ts";
import { type ApiKeyDeps, keyHolder } from "./api-key.ts";
import { signedInWallet, type Wallet } from "./siwe.ts";

/**
 * The wallet that a caller acts for: his own, where he signed in; else that of his key's account, if the key may manage it.
 * A sign-in goes first, since a key that comes along with it may be there only to pay.
 *
 * @throws ApiError unauthorized, invalid_api_key, key_may_not
 */
export async function callerWallet(deps: ApiKeyDeps, { apiKey, authorization }: Credentials): Promise<Wallet> {
  if (authorization !== undefined || apiKey === undefined) return signedInWallet(deps, authorization);
  const { holder, mayManage } = await keyHolder(deps, apiKey);
  if (!mayManage) throw new ApiError("key_may_not");
  return { address: holder.address, onlyChainId: holder.chainId };
}

export const hasIdentity = ({ apiKey, authorization }: Credentials): boolean =>
  apiKey !== undefined || authorization !== undefined;
