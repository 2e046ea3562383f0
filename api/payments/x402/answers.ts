import { ApiError } from "../../errors.ts";
import { type Answer, failedAnswer } from "../../identity/answer.ts";
import { dollarsOf } from "../../prices.ts";
import type { JsonObject, Sale } from "../../sale.ts";
import { type Offer, v1NameOf } from "./offer.ts";
import type { PaidOrder } from "./order.ts";

/** What a caller is told, for whichever room he came through: to pay first, or what came of it. */
export type Told =
  | { readonly kind: "unpaid"; readonly offer: Offer; readonly error: ApiError }
  | { readonly kind: "answer"; readonly answer: Answer; readonly receipt?: Receipt | undefined };

/** Of our own making: those of facilitators may quote their RPC. */
export type Receipt = {
  /** The version of x402 that it is told in. */
  readonly dialect: 1 | 2;
  readonly transaction: string;
  /** As that version names it. */
  readonly network: string;
  readonly payer: string;
};

/** Whom an answer goes to. */
export type Teller = {
  readonly requestId: string;
  readonly sale: Sale;
  readonly offer: Offer;
  readonly dialect: 1 | 2;
  readonly publicUrl: string;
  /** Not the first answer of this order. */
  readonly isReplay: boolean;
  /** He has proved that he is the buyer: a payment header can be rebuilt from the chain. */
  readonly knowsSecrets: boolean;
};

/** What came of an order, as far as it has come. */
export async function answerOf(order: PaidOrder, teller: Teller): Promise<Told> {
  switch (order.state) {
    case "fulfilled":
      return answered(order, teller, {
        status: 200,
        body: await toldAnswer(order, teller),
        isReplay: teller.isReplay,
      });
    case "credited":
      return answered(order, teller, failed(order, teller));
    case "settling":
    case "settled":
      return answered(order, teller, await pending(order, teller));
    default:
      return { kind: "unpaid", offer: teller.offer, error: refusal(order) };
  }
}

const answered = (order: PaidOrder, { dialect }: Teller, answer: Answer): Told => ({
  kind: "answer",
  answer,
  receipt: receiptOf(order, dialect),
});

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

async function pending(order: PaidOrder, teller: Teller): Promise<Answer> {
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
  return { status: 202, body, isReplay: teller.isReplay, statusUrl };
}

function failed(order: PaidOrder, { publicUrl, requestId, isReplay }: Teller): Answer {
  const message =
    order.reason === "provider_failed"
      ? undefined
      : "The payment could not be taken as it was signed, but reached the chain. It is credited to the payer.";
  const details = { order_id: order.id, status_url: orderUrl(publicUrl, order), credit: creditOf(order) };
  const error = new ApiError("provider_failed", { ...(message && { message }), details });
  return failedAnswer({ error, requestId, isReplay });
}

function refusal({ state, reason = "expired" }: PaidOrder): ApiError {
  if (state === "revoked")
    return new ApiError("payment_invalid", {
      message: "The chain took this payment back: nothing was charged, and what was bought is withdrawn.",
      details: { reason: "reorg" },
    });
  return new ApiError("payment_invalid", { details: { reason } });
}

function receiptOf(order: PaidOrder, dialect: 1 | 2): Receipt | undefined {
  if (order.settledMicroUsd === undefined) return undefined;
  const network = dialect === 1 ? v1NameOf(order.chainId) : `eip155:${order.chainId}`;
  return { dialect, transaction: order.txHash ?? "", network, payer: order.payer };
}
