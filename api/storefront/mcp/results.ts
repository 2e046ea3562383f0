import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { ApiError, type ErrorCode, gateErrorBody, v1ErrorBody } from "../../errors.ts";
import type { Told } from "../../payments/x402/answers.ts";
import { type Offer, reasonOf } from "../../payments/x402/offer.ts";

/** What came of a call of something that has a price. */
export function resultOf(told: Told): CallToolResult {
  if (told.kind === "unpaid") return unpaid(told.offer, told.error);
  const { answer, receipt } = told;
  const body = answer.statusUrl === undefined ? answer.body : { ...answer.body, message: UNDER_WAY };
  const result = answered(body, answer.status >= 400);
  if (!receipt) return result;
  const { dialect: _, ...paid } = receipt;
  const response = { success: true, ...paid };
  return { ...result, _meta: { "x402/payment-response": response, "x402.payment-response": response } };
}

/** Over HTTP the same request may be sent again; here clients sign a new payment for every call. */
const UNDER_WAY = "Under way. Ask order_status with this order_id. Do not call this tool again: that would pay again.";

/** `body` for programs, and the same for models. */
export const answered = (body: Readonly<Record<string, unknown>>, isError = false): CallToolResult => ({
  ...(isError && { isError }),
  structuredContent: { ...body },
  content: [text(body)],
});

/** The same of what is JSON already: models read it to the letter. */
export const said = (json: string, isError = false): CallToolResult => ({
  ...answered(JSON.parse(json), isError),
  content: [{ type: "text", text: json }],
});

/** What went wrong, in the words of /api/v1. */
export const failed = (error: ApiError, requestId: string): CallToolResult =>
  answered({ ...v1ErrorBody(error, requestId), ...waitOf(error) }, true);

/** What goes wrong before money as well as after it. Over HTTP the same payment would be sent again, which is safe. */
const HIDING: readonly ErrorCode[] = ["internal", "not_ready"];

/** The same error, if a payment came with the call. */
export function perhapsPaid(error: ApiError): ApiError {
  const { code, message, retryAfterSec } = error;
  if (!HIDING.includes(code)) return error;
  const words = `${message} The payment of this call may have been taken: then it buys what was asked, or is credited. Do not pay again before its payer has looked, with a sign-in.`;
  return new ApiError(code, { message: words, ...(retryAfterSec !== undefined && { retryAfterSec }) });
}

/** In the words of masked APIs. */
export const gateFailed = (error: ApiError): CallToolResult =>
  answered({ ...gateErrorBody(error), ...waitOf(error) }, true);

const waitOf = ({ retryAfterSec }: ApiError) =>
  retryAfterSec === undefined ? {} : { retry_after_sec: Math.max(1, Math.ceil(retryAfterSec)) };

/**
 * Asks for payment in the three dialects that clients speak: structured content is of x402's own transport, `x402/error`
 * of Cloudflare's, and of x402-mcp it is the model that reads, and it understands version 1 only.
 */
function unpaid(offer: Offer, error: ApiError): CallToolResult {
  const reason = reasonOf(error);
  const second = { ...offer.required, error: reason };
  const first = { x402Version: 1, error: reason, accepts: [offer.v1] };
  return {
    isError: true,
    structuredContent: { ...second },
    content: [text(second), text(first)],
    _meta: { "x402/error": second },
  };
}

const text = (body: object) => ({ type: "text", text: JSON.stringify(body) }) as const;
