import { CODE_ORDERS } from "../../limits.ts";
import { dollarsOf } from "../../prices.ts";
import type { JsonObject } from "../../sale.ts";
import { type Activation, type CodeOrder, isOpen } from "./order.ts";

const iso = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | undefined): string | null => (ms === undefined ? null : iso(ms));

type Bought = { order: CodeOrder; activation: Activation; expiresAtMs: number; balanceMicroUsd: bigint };

/** What a purchase is answered, and answered again. */
export const purchaseAnswer = (publicUrl: string, bought: Bought): JsonObject => {
  const { order, activation, expiresAtMs, balanceMicroUsd } = bought;
  return {
    success: true,
    order_id: order.id,
    phone_number: activation.phoneNumber,
    service: order.service,
    country: order.country,
    status: "waiting",
    price_usd: dollarsOf(order.priceMicroUsd),
    price_micro_usd: order.priceMicroUsd.toString(),
    balance_usd: dollarsOf(balanceMicroUsd),
    balance_micro_usd: balanceMicroUsd.toString(),
    created_at: iso(order.createdAtMs),
    expires_at: iso(expiresAtMs),
    // The refund waits for nobody, whatever the supplier's own rules are.
    cancel_available_at: iso(order.createdAtMs),
    poll_url: `${publicUrl}/api/v1/customer/order/${order.id}`,
    cancel_url: `${publicUrl}/api/v1/customer/cancel/${order.id}`,
  };
};

/** An order as its account reads it. What came after a refund is not told. */
export const orderFields = (order: CodeOrder): JsonObject => ({
  order_id: order.id,
  status: order.state,
  service: order.service,
  country: order.country,
  phone_number: order.phoneNumber ?? null,
  sms_received: order.state === "received",
  sms_text: order.text ?? null,
  code: order.code ?? null,
  price_usd: dollarsOf(order.priceMicroUsd),
  price_micro_usd: order.priceMicroUsd.toString(),
  // Held, while it is open.
  refunded: !isOpen(order) && order.state !== "received",
  created_at: iso(order.createdAtMs),
  expires_at: isoOrNull(order.expiresAtMs),
  ended_at: isoOrNull(order.endedAtMs),
  cancel_available_at: order.state === "waiting" ? iso(order.createdAtMs) : null,
});

export const orderAnswer = (order: CodeOrder, nowMs: number): JsonObject => ({
  success: true,
  ...orderFields(order),
  ...(isOpen(order) && { retry_after_sec: pollAgainSec(order, nowMs) }),
});

/** The same to every cancel of one order. */
export const cancelAnswer = (order: CodeOrder): JsonObject => ({
  success: true,
  ...orderFields(order),
  refunded_usd: dollarsOf(order.priceMicroUsd),
  refunded_micro_usd: order.priceMicroUsd.toString(),
});

/** How soon it is worth to look again: the younger an order, the likelier its code. */
export function pollAgainSec({ createdAtMs }: Pick<CodeOrder, "createdAtMs">, nowMs: number): number {
  const ageSec = (nowMs - createdAtMs) / 1000;
  return CODE_ORDERS.pollSec.find(({ untilAgeSec }) => ageSec < untilAgeSec)?.everySec ?? 1;
}
