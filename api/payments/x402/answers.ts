import type { ServerResponse } from "node:http";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { encodePaymentResponseHeader } from "@x402/core/http";
import type { Context } from "hono";
import { ApiError, v1ErrorBody } from "../../errors.ts";
import { dollarsOf } from "../../prices.ts";
import type { JsonObject, Sale } from "../../sale.ts";
import { type Offer, v1NameOf } from "./offer.ts";
import type { PaidOrder } from "./order.ts";

/** What every answer here needs. */
export type Asked = { readonly requestId: string; readonly sale: Sale; readonly offer: Offer };

/** Whom an answer goes to. */
export type Teller = Asked & {
  readonly dialect: 1 | 2;
  readonly publicUrl: string;
  /** Not the first answer of this order. */
  readonly isReplay: boolean;
  /** He has proved that he is the buyer: a payment header can be rebuilt from the chain. */
  readonly knowsSecrets: boolean;
};

/** Asks for payment, in both versions of x402 at once. */
export function unpaid({ offer, requestId }: Asked, error = new ApiError("payment_required")): Response {
  const reason = String(error.details?.reason ?? error.message);
  const body = { ...v1ErrorBody(error, requestId), x402Version: 1, accepts: [offer.v1] };
  return Response.json(body, { status: 402, headers: { ...NO_STORE, "Payment-Required": offer.header(reason) } });
}

/** The same for who attached nothing, as most do, past the web's objects: those took half of its time. */
export function askForPayment(c: Context, { offer, requestId }: Asked): Response {
  const { outgoing } = c.env as { outgoing: ServerResponse };
  const error = new ApiError("payment_required");
  const body = JSON.stringify({ ...v1ErrorBody(error, requestId), x402Version: 1, accepts: [offer.v1] });
  outgoing.writeHead(402, {
    ...NO_STORE,
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
    "Payment-Required": offer.header(error.message),
  });
  outgoing.end(body);
  return RESPONSE_ALREADY_SENT;
}

/** What came of an order, as far as it has come. */
export async function answerOf(order: PaidOrder, teller: Teller): Promise<Response> {
  switch (order.state) {
    case "fulfilled":
      return Response.json(await toldAnswer(order, teller), { headers: headersOf(order, teller) });
    case "credited":
      return failed(order, teller);
    case "settling":
    case "settled":
      return pending(order, teller);
    default:
      return unpaid(teller, refusal(order));
  }
}

/** The answer, with what only the buyer may read, or without. */
export async function toldAnswer(
  order: PaidOrder,
  { sale, knowsSecrets }: Pick<Teller, "sale" | "knowsSecrets">,
): Promise<JsonObject> {
  const { answer = {} } = order;
  const unstored = (await sale.secretsOf?.(order)) ?? {};
  if (knowsSecrets) return { ...answer, ...unstored };
  const stored = (sale.secrets ?? []).filter((name) => name in answer);
  const withheld = [...stored, ...Object.keys(unstored)];
  if (withheld.length === 0) return answer;
  const told = Object.fromEntries(Object.entries(answer).filter(([name]) => !withheld.includes(name)));
  return {
    ...told,
    withheld,
    hint: "Sign in as the payer and send the same request to read what is withheld.",
  };
}

export const creditOf = ({ payer, settledMicroUsd = 0n }: PaidOrder) => ({
  address: payer,
  amount_usd: dollarsOf(settledMicroUsd),
  amount_micro_usd: settledMicroUsd.toString(),
});

export const orderUrl = (publicUrl: string, { id }: Pick<PaidOrder, "id">): string =>
  `${publicUrl}/api/v1/orders/${id}`;

const NO_STORE = { "Cache-Control": "no-store" };

async function pending(order: PaidOrder, teller: Teller): Promise<Response> {
  const statusUrl = orderUrl(teller.publicUrl, order);
  const message = order.state === "settled" ? "Paid; what was bought is on its way." : "The payment is being settled.";
  const body = {
    success: true,
    order_id: order.id,
    status: order.state,
    status_url: statusUrl,
    // He may not be able to prove himself a second time; they are good for nothing before the order is fulfilled.
    ...(teller.knowsSecrets && (await teller.sale.secretsOf?.(order))),
    message: `${message} Do not pay again: send the same request again, or ask at status_url.`,
    request_id: teller.requestId,
  };
  const headers = { ...headersOf(order, teller), Location: statusUrl, "Retry-After": "2" };
  return Response.json(body, { status: 202, headers });
}

function failed(order: PaidOrder, teller: Teller): Response {
  const message =
    order.reason === "provider_failed"
      ? undefined
      : "The payment could not be taken as it was signed, but reached the chain. It is credited to the payer.";
  const details = { order_id: order.id, status_url: orderUrl(teller.publicUrl, order), credit: creditOf(order) };
  const error = new ApiError("provider_failed", { ...(message && { message }), details });
  return Response.json(v1ErrorBody(error, teller.requestId), {
    status: error.status,
    headers: headersOf(order, teller),
  });
}

function refusal({ state, reason = "expired" }: PaidOrder): ApiError {
  if (state === "revoked")
    return new ApiError("payment_invalid", {
      message: "The chain took this payment back: nothing was charged, and what was bought is withdrawn.",
      details: { reason: "reorg" },
    });
  return new ApiError("payment_invalid", { details: { reason } });
}

/** A receipt of our own making: those of facilitators may quote their RPC. */
function headersOf(order: PaidOrder, { dialect, isReplay }: Teller): Record<string, string> {
  const replayed: Record<string, string> = isReplay ? { "Idempotent-Replayed": "true" } : {};
  if (order.settledMicroUsd === undefined) return { ...NO_STORE, ...replayed };
  const network = dialect === 1 ? v1NameOf(order.chainId) : (`eip155:${order.chainId}` as const);
  const transaction = order.txHash ?? "";
  const receipt = encodePaymentResponseHeader({
    success: true,
    transaction,
    network: network as `${string}:${string}`,
    payer: order.payer,
  });
  return { ...NO_STORE, ...replayed, [dialect === 1 ? "X-Payment-Response" : "Payment-Response"]: receipt };
}
