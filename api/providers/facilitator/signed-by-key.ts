import type { PaymentPayload } from "@x402/core/types";
import { type Address, type Hex, recoverTypedDataAddress } from "viem";
import { authorizationTypes, usdcDomain } from "../../../contracts/authorization.ts";
import type { ReceiverChain } from "../../../contracts/chains.ts";

/** Half of the curve's order: USDC takes no signature with an `s` above it, of which there is one to every other. */
const MOST_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;
/** 65 bytes, and 27 or 28 as the last one. */
const OF_A_KEY = /^0x[0-9a-f]{128}1[bc]$/i;

/**
 * Whether the payer's own key signed this payment for the chain's USDC, by USDC's rules. Asks nobody and never throws.
 * False tells nothing of a payer that is a contract: only the chain knows what such a one takes for a signature.
 */
export async function isSignedByKey({ payload }: PaymentPayload, chain: Signing): Promise<boolean> {
  try {
    const { authorization, signature } = payload as { authorization: Record<string, string>; signature: Hex };
    if (!OF_A_KEY.test(signature) || BigInt(`0x${signature.slice(66, 130)}`) > MOST_S) return false;
    const payer = String(authorization.from).toLowerCase();
    const signer = await recoverTypedDataAddress({ ...typedDataOf(authorization, chain), signature });
    return signer.toLowerCase() === payer;
  } catch {
    // Not even a number or an address where one belongs.
    return false;
  }
}

export type Signing = Pick<ReceiverChain, "id" | "usdc">;

/** What a payer signs. Addresses in lower case: clients spell them in ways that viem takes for typing errors. */
export const typedDataOf = (authorization: Record<string, string>, chain: Signing) =>
  ({
    types: authorizationTypes,
    primaryType: "TransferWithAuthorization",
    domain: usdcDomain(chain),
    message: {
      from: String(authorization.from).toLowerCase() as Address,
      to: String(authorization.to).toLowerCase() as Address,
      value: BigInt(String(authorization.value)),
      validAfter: BigInt(String(authorization.validAfter)),
      validBefore: BigInt(String(authorization.validBefore)),
      nonce: authorization.nonce as Hex,
    },
  }) as const;
