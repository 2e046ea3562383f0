import type { Context } from "hono";
import type { Deps } from "../deps.ts";
import { ApiError } from "../errors.ts";
import { keyHolder } from "../identity/api-key.ts";
import { credentialsOf } from "../identity/call.ts";
import { signedInWallet } from "../identity/siwe.ts";

/** Whose webhooks they are. */
export type Owner = {
  /** Lower case. */
  readonly address: string;
  /** Of who is known on one chain only: a contract wallet, or the holder of a key. */
  readonly onlyChainId: number | undefined;
};

/**
 * Who asks: by a key that may manage its account, or by a sign-in.
 *
 * @throws ApiError unauthorized, invalid_api_key, key_may_not
 */
export async function ownerOf(deps: Pick<Deps, "db" | "clock">, c: Context): Promise<Owner> {
  const { apiKey, authorization } = credentialsOf(c);
  if (apiKey !== undefined) {
    const { holder, mayManage } = await keyHolder(deps, apiKey);
    if (!mayManage) throw new ApiError("key_may_not");
    return { address: holder.address.toLowerCase(), onlyChainId: holder.chainId };
  }
  const { address, onlyChainId } = await signedInWallet(deps, authorization);
  return { address: address.toLowerCase(), onlyChainId };
}
