import type { AccountId } from "../../ledger.ts";
import type { JsonObject, Order } from "../../sale.ts";

/**
 * - `held`: the price is set aside, and what was bought is on its way
 * - `fulfilled`: charged
 * - `released`: it could not be fulfilled, and the price is back on the balance
 */
export type OrderState = "held" | "fulfilled" | "released";

/** Something that was bought from a balance. */
export type BalanceOrder = Order & {
  readonly accountId: AccountId;
  readonly keyId: string;
  readonly saleId: string;
  /** The caller's own name for it. */
  readonly idempotencyKey: string | undefined;
  readonly fingerprint: string;
  readonly state: OrderState;
  /** Why it was released, in our own words. */
  readonly reason: string | undefined;
  readonly answer: JsonObject | undefined;
  /** How often the worker has tried. */
  readonly looks: number;
  readonly createdAtMs: number;
};

/** As it is made. */
export type NewOrder = Omit<BalanceOrder, "state" | "reason" | "answer" | "looks">;
