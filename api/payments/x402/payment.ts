import type { PaymentPayload, PaymentRequirements } from "@x402/core/types";
import type { Address, Hex } from "viem";
import type { Reason } from "../../providers/facilitator/reasons.ts";

/** What a payer signed for USDC's `transferWithAuthorization`. Hex in any letter case, as it came. */
export type Authorization = {
  readonly from: Address;
  readonly to: Address;
  readonly value: string;
  readonly validAfter: string;
  readonly validBefore: string;
  readonly nonce: Hex;
};

/** A payment header that is well-formed; nothing about it is believed yet. */
export type Payment = {
  /** The version of x402 that the client speaks, and is answered in. */
  readonly dialect: 1 | 2;
  /** Which of our offers the client says that it took. Version 1 names scheme and network only. */
  readonly accepted: PaymentRequirements | { readonly scheme: string; readonly network: string };
  /** Absent, when it pays in another way than with an authorization of EIP-3009. */
  readonly signed: { readonly authorization: Authorization; readonly signature: Hex } | undefined;
  /** What the client says that it pays for. Not signed, and not always told. */
  readonly resourceUrl: string | undefined;
  /** The client's own id of this purchase, which never goes on chain. */
  readonly paymentId: string | undefined;
};

/** A payment beside the offer that it is meant for. */
export type MatchedPayment = {
  /** Why it does not answer the offer as it is today, word for word. */
  readonly fault: Reason | undefined;
  /** What that offer asks for. */
  readonly priceMicroUsd: bigint;
  readonly paymentId: string | undefined;
  /** The same authorization has the same key however it is spelled. */
  readonly payKey: string;
  readonly payer: Address;
  readonly nonce: Hex;
  readonly validBeforeSec: number;
  /** What a facilitator gets: the signed part as it came, the offer as we made it. */
  readonly payload: PaymentPayload;
};
