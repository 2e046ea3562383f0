import type { AccountId, Holder } from "../../ledger.ts";
import type { OtpRefusal } from "../../providers/otp.ts";
import type { JsonObject } from "../../sale.ts";

export const ORDER_STATES = ["buying", "waiting", "received", "cancelled", "expired", "failed"] as const;

/**
 * `buying`: the price is held and the supplier asked. `waiting`: for the code. The others are ends: `received` is
 * charged, everything else has its price back.
 */
export type OrderState = (typeof ORDER_STATES)[number];

/** Why an order failed: the supplier said so, gave no answer in time, was cut off by our own end, or took the number back. */
export type FailReason = OtpRefusal | "no_answer" | "interrupted" | "taken_back";

/** A number that is to be bought. */
export type NewOrder = {
  /** A random UUID. */
  readonly id: string;
  readonly accountId: AccountId;
  readonly keyId: string;
  readonly holder: Holder;
  readonly idempotencyKey: string | undefined;
  readonly fingerprint: string;
  readonly service: string;
  readonly country: string;
  readonly priceMicroUsd: bigint;
  /** What the supplier may take at most. */
  readonly costMicroUsd: bigint;
  readonly timeoutSec: number;
  readonly createdAtMs: number;
};

export type CodeOrder = Omit<NewOrder, "idempotencyKey" | "keyId" | "costMicroUsd"> & {
  readonly keyId: string;
  readonly state: OrderState;
  readonly reason: FailReason | undefined;
  readonly activationId: string | undefined;
  readonly phoneNumber: string | undefined;
  readonly code: string | undefined;
  readonly text: string | undefined;
  /** What the purchase was answered. */
  readonly answer: JsonObject | undefined;
  readonly cancelAskedAtMs: number | undefined;
  readonly owed: Owed | undefined;
  readonly looks: number;
  readonly expiresAtMs: number | undefined;
  readonly endedAtMs: number | undefined;
};

/** What the supplier is still to be told of an order that has ended. */
export type Owed = "cancel" | "finish";

/** A number that is ours at the supplier's. */
export type Activation = {
  readonly activationId: string;
  readonly phoneNumber: string;
  /** Absent: what it was offered for. */
  readonly costMicroUsd?: bigint | undefined;
};

export const isOpen = ({ state }: Pick<CodeOrder, "state">): boolean => state === "buying" || state === "waiting";
