import { type Hex, hashTypedData, parseAbi } from "viem";
import { ApiError } from "../../errors.ts";
import { asked, type ChainReader } from "../../providers/chain.ts";
import type { Reason } from "../../providers/facilitator/reasons.ts";
import { isSignedByKey, type Signing, typedDataOf } from "../../providers/facilitator/signed-by-key.ts";
import type { MatchedPayment } from "./payment.ts";

export type SignatureDeps = { readonly chain: Signing; readonly reader: Pick<ChainReader, "client"> };

type Signed = Pick<MatchedPayment, "payer" | "payload">;

/** ERC-6492 marks a signature of a wallet so that has no code yet. */
const NOT_DEPLOYED = /(?:6492){16}$/;
const YES = "0x1626ba7e";
const erc1271 = parseAbi(["function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)"]);

/**
 * Why a payment is not its payer's; undefined, when he signed it. No facilitator is believed in this: whatever one says,
 * everybody can read from the chain who paid with which nonce.
 *
 * @throws ApiError payments_unavailable when only the chain could tell, and cannot be read
 */
export async function signatureFault(deps: SignatureDeps, signed: Signed): Promise<Reason | undefined> {
  const { signature } = signed.payload.payload as { signature: Hex };
  if (NOT_DEPLOYED.test(signature)) return "wallet_not_deployed";
  if (await isSignedByKey(signed.payload, deps.chain)) return undefined;
  return (await isSignedByContract(deps, signed).catch(unavailable)) ? undefined : "invalid_signature";
}

async function isSignedByContract({ chain, reader }: SignatureDeps, { payer, payload }: Signed): Promise<boolean> {
  const { client } = reader;
  const code = await asked(client.getCode({ address: payer }));
  if (code === undefined || code === "0x") return false;
  const { authorization, signature } = payload.payload as { authorization: Record<string, string>; signature: Hex };
  const args = [hashTypedData(typedDataOf(authorization, chain)), signature] as const;
  const question = { address: payer, abi: erc1271, functionName: "isValidSignature", args } as const;
  try {
    return (await client.readContract(question)) === YES;
  } catch {
    // A contract that reverts says no; a node that is away says nothing.
    await asked(client.getChainId());
    return false;
  }
}

function unavailable(error: unknown): never {
  throw error instanceof ApiError ? new ApiError("payments_unavailable", { retryAfterSec: 5 }) : error;
}
