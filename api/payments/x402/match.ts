import type { PaymentRequirements } from "@x402/core/types";
import type { Address, Hex } from "viem";
import { PAYMENT } from "../../limits.ts";
import type { Reason } from "../../providers/facilitator/reasons.ts";
import type { Offer } from "./offer.ts";
import type { Authorization, MatchedPayment, Payment } from "./payment.ts";

/**
 * Who pays with which authorization, and whether that is what is asked for today, to the letter. Undefined, when nothing
 * was signed that we could know by.
 */
export function matchPayment(payment: Payment, offer: Offer, nowSec: number): MatchedPayment | undefined {
  const { accepted, signed, paymentId, resourceUrl = offer.resourceUrl } = payment;
  if (!signed) return undefined;
  const { requirements } = offer;
  const { from, nonce, validBefore } = signed.authorization;
  const isAccepted = "asset" in accepted ? echoes(accepted, requirements) : namesV1(accepted, offer);
  const isOurs = isAccepted && resourceUrl === offer.resourceUrl;
  return {
    fault: isOurs ? faultOf(signed.authorization, requirements, nowSec) : "requirements_mismatch",
    priceMicroUsd: offer.priceMicroUsd,
    paymentId,
    payKey: payKeyOf({ ...requirements, payer: from, nonce }),
    payer: from.toLowerCase() as Address,
    nonce: nonce.toLowerCase() as Hex,
    validBeforeSec: Number(validBefore),
    payload: { x402Version: 2, accepted: requirements, payload: signed },
  };
}

type Authorized = { readonly network: string; readonly asset: string; readonly payer: string; readonly nonce: string };

/** One authorization has one key, however it is spelled and whoever found it. */
export const payKeyOf = ({ network, asset, payer, nonce }: Authorized): string =>
  `eip3009|${network}|${asset}|${payer}|${nonce}`.toLowerCase();

/** More in `extra` does no harm, as nothing of the echo is used; another way to transfer is another payment. */
function echoes(accepted: PaymentRequirements, ours: PaymentRequirements): boolean {
  const { name, version, assetTransferMethod = "eip3009" } = accepted.extra ?? {};
  return (
    accepted.scheme === ours.scheme &&
    accepted.network === ours.network &&
    accepted.amount === ours.amount &&
    isSame(accepted.asset, ours.asset) &&
    isSame(accepted.payTo, ours.payTo) &&
    name === ours.extra.name &&
    version === ours.extra.version &&
    assetTransferMethod === "eip3009"
  );
}

const namesV1 = (accepted: { scheme: string; network: string }, { v1 }: Offer): boolean =>
  accepted.scheme === v1.scheme && accepted.network === v1.network;

function faultOf(
  { to, value, validBefore }: Authorization,
  ours: PaymentRequirements,
  nowSec: number,
): Reason | undefined {
  if (!isSame(to, ours.payTo)) return "recipient_mismatch";
  if (BigInt(value) !== BigInt(ours.amount)) return "amount_mismatch";
  // An order is watched until its authorization has ended: nobody may have us watch for ever.
  return BigInt(validBefore) > nowSec + PAYMENT.validForMostSec ? "requirements_mismatch" : undefined;
}

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
