import { ApiError } from "../../errors.ts";
import { CODE_ORDERS } from "../../limits.ts";
import { dollarsOf } from "../../prices.ts";
import type { CodeOrder, FailReason } from "./order.ts";

/** Why the next order cannot be had now, as `app.code_order_refusal` tells it. */
export type Refusal = "sales_paused" | "cooldown" | "open" | "account_day" | "service_day";

const LIMITS = {
  open: { limit: CODE_ORDERS.waitingPerAccount, message: "Too many orders of this account wait for their code." },
  account_day: { limit: CODE_ORDERS.perAccountADay, message: "This account has had its orders of the day." },
  service_day: { limit: CODE_ORDERS.perServiceADay, message: "This service has had its orders of the day." },
} as const;

/** What the buyer is told. */
export function refusalError(refusal: Refusal, freeInSec: number | undefined): ApiError {
  if (refusal === "sales_paused") return new ApiError("sales_paused");
  const retryAfterSec = Math.max(1, Math.ceil(freeInSec ?? 0));
  if (refusal === "cooldown")
    return new ApiError("cooldown", {
      message: `After a cancelled order the same service and country can be bought again in ${retryAfterSec} s. Nothing was charged.`,
      details: { retry_after_sec: retryAfterSec },
      retryAfterSec,
    });
  const { limit, message } = LIMITS[refusal];
  const details = { scope: refusal, limit, retry_after_sec: retryAfterSec };
  return new ApiError("order_limit", { message: `${message} Nothing was charged.`, details, retryAfterSec });
}

export const outOfStock = (wanted: { service: string; country: string }): ApiError =>
  new ApiError("out_of_stock", { details: wanted });

/** What the price is now, where that is known. */
export const priceChanged = (details: Record<string, unknown>): ApiError => new ApiError("price_changed", { details });

/** Of an order that failed before there was a number. */
export function failureError({ id, service, country, reason, priceMicroUsd }: CodeOrder): ApiError {
  const details = { order_id: id, service, country };
  if (reason === "no_numbers") return new ApiError("out_of_stock", { details });
  if (reason === "price_rose") return priceChanged({ ...details, offered_usd: dollarsOf(priceMicroUsd) });
  return new ApiError("provider_failed", {
    message: `${sentenceOf(reason)} Nothing was charged.`,
    details: { ...details, reason: toldReason(reason) },
  });
}

const sentenceOf = (reason: FailReason | undefined): string =>
  reason === "no_answer" || reason === "interrupted"
    ? "The provider gave no answer in time."
    : "The provider could not sell this number.";

/** How things stand between the operator and his supplier is nobody else's business. */
const toldReason = (reason: FailReason | undefined): string =>
  reason === "no_answer" || reason === "interrupted" ? "no_answer" : "refused";
