import { type SiweDeps, signedInWallet } from "../../identity/siwe.ts";
import { type CreateDeps, createMaskedApi } from "./create.ts";
import { type Gateway, readCreation } from "./input.ts";

export type PutOnSaleDeps = CreateDeps & SiweDeps & { readonly selling: Gateway };

export type OnSale = { readonly apiId: string; readonly url: string };

/** Anybody may sell, and only the merchant himself lists. @throws ApiError those of `readCreation` and `createMaskedApi`, unauthorized */
export async function putOnSale(
  deps: PutOnSaleDeps,
  body: unknown,
  authorization: string | undefined,
): Promise<OnSale> {
  const input = readCreation(body, deps.selling);
  const signedIn = input.p_is_listed ? await signedInWallet(deps, authorization) : undefined;
  const apiId = await createMaskedApi(deps, input, signedIn);
  return { apiId, url: `${deps.publicUrl}/api/${apiId}` };
}
