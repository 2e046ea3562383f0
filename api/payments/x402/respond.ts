import type { ServerResponse } from "node:http";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { encodePaymentResponseHeader } from "@x402/core/http";
import type { Context } from "hono";
import { type ApiError, v1ErrorBody } from "../../errors.ts";
import { responseOf } from "../../identity/answer.ts";
import { requestIdOf } from "../../identity/call.ts";
import type { Receipt, Told } from "./answers.ts";
import { type Offer, reasonOf } from "./offer.ts";

/** What a caller is told over HTTP. */
export function respond(c: Context, told: Told): Response {
  if (told.kind === "unpaid") return askForPayment(c, told);
  return responseOf(told.answer, told.receipt && headerOf(told.receipt));
}

/** In both versions of x402 at once, past the web's objects: those took half of the time of a bare 402. */
function askForPayment(c: Context, { offer, error }: { offer: Offer; error: ApiError }): Response {
  const { outgoing } = c.env as { outgoing: ServerResponse };
  const body = JSON.stringify({ ...v1ErrorBody(error, requestIdOf(c)), x402Version: 1, accepts: [offer.v1] });
  outgoing.writeHead(402, {
    "Cache-Control": "no-store",
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
    "Payment-Required": offer.header(reasonOf(error)),
  });
  outgoing.end(body);
  return RESPONSE_ALREADY_SENT;
}

function headerOf({ dialect, ...receipt }: Receipt): Record<string, string> {
  const network = receipt.network as `${string}:${string}`;
  const header = encodePaymentResponseHeader({ success: true, ...receipt, network });
  return { [dialect === 1 ? "X-Payment-Response" : "Payment-Response"]: header };
}
