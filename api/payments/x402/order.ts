import type { PaymentPayload } from "@x402/core/types";
import type { Address, Hex } from "viem";
import type { AccountId } from "../../ledger.ts";
import type { Reason } from "../../providers/facilitator/reasons.ts";
import type { JsonObject, Order } from "../../sale.ts";

/**
 * - `settling`: on its way to the chain, or not known whether it got there
 * - `refused`: it could not be settled, and may be by somebody else as long as the authorization lasts
 * - `expired`: never charged, and never will be
 * - `settled`: charged, not fulfilled yet
 * - `fulfilled`
 * - `credited`: charged, and could not be fulfilled
 * - `revoked`: the chain took the payment back, and we what was sold
 */
export type OrderState = "settling" | "refused" | "expired" | "settled" | "fulfilled" | "credited" | "revoked";

/** What was asked for and who pays; never changes. */
export type NewOrder = Order & {
  readonly saleId: string;
  /** The receiver that it was signed for, in lower case. */
  readonly payTo: Address;
  readonly payKey: string;
  readonly fingerprint: string;
  /** SHA-256 of the payer's own id of the purchase. */
  readonly paymentIdHash: string | undefined;
  readonly nonce: Hex;
  readonly validBeforeSec: number;
  /** To settle with, again if need be. */
  readonly payload: PaymentPayload;
  readonly createdAtMs: number;
  /** Set from the start, when the authorization was used by somebody else. */
  readonly reason: Reason | undefined;
};

/** What came of it. */
export type Progress = {
  readonly state: OrderState;
  /** Why it was refused or credited, in our own words. */
  readonly reason: Reason | "provider_failed" | "reorg" | undefined;
  /** Until something has arrived, only said to be where it is. */
  readonly txHash: Hex | undefined;
  /** What arrived on chain, 1e-6 USDC. */
  readonly settledMicroUsd: bigint | undefined;
  readonly answer: JsonObject | undefined;
  /** Nothing that the chain does can change it any more. */
  readonly isFinal: boolean;
  /** How often the worker has looked since it last moved. */
  readonly looks: number;
  /** When the worker looks at it next. */
  readonly dueAtMs: number | undefined;
};

/** An order on record; `version` counts its changes. */
export type PaidOrder = Omit<NewOrder, "reason"> & Progress & { readonly version: number };

/** A change of an order; what is not named stays. */
export type Change = Partial<Progress> & {
  /** With `fulfilled`: the account of the customer whose money the payment stays. */
  readonly creditedTo?: AccountId;
};

/** An account of the ledger: of the house, of a customer, or `payer` for the one that is the payer's. */
export type Destination = "chain" | "escrow" | "sales" | "payer" | { readonly accountId: AccountId };

/** Where a change takes the order's money; undefined, when it stays where it is. */
export function destinationOf({ state, creditedTo }: Change): Destination | undefined {
  switch (state) {
    case "settled":
      return "escrow";
    case "fulfilled":
      return creditedTo === undefined ? "sales" : { accountId: creditedTo };
    case "credited":
      return "payer";
    case "revoked":
      return "chain";
    default:
      return undefined;
  }
}

/** States in which the payer's money is here or may be on its way. */
export const isOpen = ({ state }: Pick<Progress, "state">): boolean => state === "settling" || state === "settled";
