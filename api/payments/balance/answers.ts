import { ApiError } from "../../errors.ts";
import { type Answer, failedAnswer } from "../../identity/answer.ts";
import { dollarsOf } from "../../prices.ts";
import type { BalanceOrder } from "./order.ts";

export type Teller = {
  readonly publicUrl: string;
  readonly requestId: string;
  /** Not the first answer of this order. */
  readonly isReplay: boolean;
};

/** What came of an order, as far as it has come. */
export function answerOf(order: BalanceOrder, teller: Teller): Answer {
  if (order.state === "fulfilled") return { status: 200, body: order.answer ?? {}, isReplay: teller.isReplay };
  return order.state === "held" ? pending(order, teller) : failed(order, teller);
}

export const NO_STORE = { "Cache-Control": "no-store" };

function pending(order: BalanceOrder, { publicUrl, requestId, isReplay }: Teller): Answer {
  const statusUrl = `${publicUrl}/api/v1/orders/${order.id}`;
  const body = {
    success: true,
    order_id: order.id,
    status: order.state,
    status_url: statusUrl,
    message: "The price is held; what was bought is on its way. Do not buy again: ask at status_url.",
    request_id: requestId,
  };
  return { status: 202, body, isReplay, statusUrl };
}

function failed(order: BalanceOrder, { requestId, isReplay }: Teller): Answer {
  const error = new ApiError("provider_failed", {
    message: "The provider could not do it. The price is back on the balance.",
    details: { order_id: order.id, reason: order.reason, released_usd: dollarsOf(order.priceMicroUsd) },
  });
  return failedAnswer({ error, requestId, isReplay });
}

/** An order as its account reads it. */
export const orderBody = (order: BalanceOrder) => ({
  success: true,
  order_id: order.id,
  status: order.state,
  item: order.saleId,
  paid_from: "balance",
  payer: order.payer,
  network: `eip155:${order.chainId}`,
  price_usd: dollarsOf(order.priceMicroUsd),
  created_at: new Date(order.createdAtMs).toISOString(),
  ...(order.reason && { reason: order.reason }),
  ...(order.answer && { answer: order.answer }),
});
