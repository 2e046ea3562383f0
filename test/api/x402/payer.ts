import { randomBytes } from "node:crypto";
import { encodePaymentSignatureHeader } from "@x402/core/http";
import type { PaymentPayload, PaymentRequirements } from "@x402/core/types";
import { type Address, type Hex, type LocalAccount, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { authorizationTypes, usdcDomain } from "../../../contracts/authorization.ts";
import { base } from "../../../contracts/chains.ts";

export type Authorization = {
  from: Address;
  to: Address;
  value: string;
  validAfter: string;
  validBefore: string;
  nonce: Hex;
};

/** What an x402 client has signed, with USDC's domain on Base. */
export const typedDataOf = ({ from, to, value, validAfter, validBefore, nonce }: Authorization) =>
  ({
    types: authorizationTypes,
    primaryType: "TransferWithAuthorization",
    domain: usdcDomain(base),
    message: {
      ...{ from, to, nonce },
      value: BigInt(value),
      validAfter: BigInt(validAfter),
      validBefore: BigInt(validBefore),
    },
  }) as const;

export const wallet = (): LocalAccount => privateKeyToAccount(toHex(randomBytes(32)));

export type Signed = { authorization: Authorization; signature: Hex };

export type Wish = { payer?: LocalAccount; nowSec: number; validForSec?: number; changes?: Partial<Authorization> };

/** Signs what is asked for, with what a test wants otherwise. */
export async function signed(
  asked: PaymentRequirements,
  { payer = wallet(), nowSec, validForSec = 300, changes }: Wish,
) {
  const authorization: Authorization = {
    from: payer.address,
    to: asked.payTo as Address,
    value: asked.amount,
    validAfter: "0",
    validBefore: String(nowSec + validForSec),
    nonce: toHex(randomBytes(32)),
    ...changes,
  };
  return { authorization, signature: await payer.signTypedData(typedDataOf(authorization)) } satisfies Signed;
}

export const headerV2 = (accepted: PaymentRequirements, payload: Signed, more: Partial<PaymentPayload> = {}) => ({
  "Payment-Signature": encodePaymentSignatureHeader({ x402Version: 2, accepted, payload, ...more }),
});

export const headerV1 = (payload: Signed, network = "base") => ({
  "X-PAYMENT": Buffer.from(JSON.stringify({ x402Version: 1, scheme: "exact", network, payload })).toString("base64"),
});

/** The extension as a client that names its purchase sends it. */
export const naming = (id: string) => ({
  extensions: { "payment-identifier": { info: { required: false, id }, schema: {} } },
});
