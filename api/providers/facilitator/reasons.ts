/** Why a payment is refused, in our own words: those of facilitators differ, change, and may carry an RPC's URL. */
export type Reason =
  | "requirements_mismatch"
  | "invalid_signature"
  | "recipient_mismatch"
  | "amount_mismatch"
  | "not_yet_valid"
  | "expired"
  | "insufficient_funds"
  | "already_used"
  | "wallet_not_deployed"
  | "refused";

const REASONS: readonly (readonly [RegExp, Reason])[] = [
  [/nonce_already_used|authorization_used|already_(?:used|settled)|duplicate_settlement/, "already_used"],
  [/valid_before|expired/, "expired"],
  [/valid_after|not_yet_valid/, "not_yet_valid"],
  [/insufficient_(?:balance|funds)/, "insufficient_funds"],
  [/recipient|pay_to/, "recipient_mismatch"],
  [/amount|_value/, "amount_mismatch"],
  [/6492|smart_wallet_deployment|undeployed/, "wallet_not_deployed"],
  [/token_(?:name|version)|eip712_domain|scheme|network|requirements|unsupported_payload/, "requirements_mismatch"],
  [/signature/, "invalid_signature"],
];

/** What a facilitator's word for an invalid payment means. */
export const reasonOf = (theirs: unknown): Reason =>
  REASONS.find(([pattern]) => pattern.test(String(theirs)))?.[1] ?? "refused";

/**
 * What a facilitator's word for a failed settlement means, or undefined when money may have moved all the same: its
 * "failed" may be a time-out of its own while the transaction lands.
 */
export function settleReasonOf(theirs: unknown): Reason | undefined {
  const reason = reasonOf(theirs);
  return reason === "refused" ? undefined : reason;
}
