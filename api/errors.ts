/** Every error code that a caller can meet, with its HTTP status and default sentence. */
const CODES = {
  bad_request: [400, "The request is not valid."],
  invalid_json: [400, "The body is not valid JSON."],
  invalid_field: [400, "A field is not valid."],
  invalid_payment: [400, "The payment is not valid."],
  unauthorized: [401, "Sign in first: GET /api/v1/auth/siwe gives the message to sign."],
  invalid_signature: [401, "The signature does not fit the message, or the message is not one that was issued here."],
  invalid_api_key: [401, "The API key is not known here, or was revoked."],
  payment_required: [402, "Payment is required."],
  insufficient_balance: [
    402,
    "The balance does not cover this. Top up at POST /api/v1/x402/topup. Nothing was charged.",
  ],
  payment_invalid: [402, "The payment was refused: nothing has been charged so far."],
  session_expired: [402, "The session has expired."],
  forbidden: [403, "Only the merchant wallet may do this."],
  key_may_not: [403, "This API key may not manage its account."],
  key_cap_reached: [403, "This would exceed what this API key may spend. Nothing was charged."],
  api_paused: [403, "The merchant has paused this API."],
  recipient_opted_out: [403, "The recipient has asked not to get messages. Nothing was charged."],
  destination_not_allowed: [403, "The operator does not sell to this destination. Nothing was charged."],
  quiet_hours: [403, "It is night there, and no texts are sent. Nothing was charged."],
  line_expired: [403, "The lease of this line has ended. Renew it within the days of grace. Nothing was charged."],
  line_suspended: [403, "The payment for this line was lost on chain, and so was the line."],
  line_not_found: [404, "You hold no line with this number."],
  not_found: [404, "There is nothing at this address."],
  method_not_allowed: [405, "This method is not offered here."],
  request_timeout: [408, "The request body did not arrive in time."],
  conflict: [409, "The resource changed meanwhile."],
  idempotency_conflict: [409, "This Idempotency-Key was used for another request."],
  request_in_flight: [409, "The same request is being worked on. Ask again a little later."],
  already_received: [409, "The code has arrived, so the order is fulfilled and charged."],
  order_closed: [409, "The order has ended already."],
  key_limit: [409, "This account has as many API keys as one may have. Revoke one first."],
  price_changed: [409, "The price has risen meanwhile. Nothing was charged."],
  payment_reused: [409, "This payment was made for another request."],
  payment_settled: [
    409,
    "This payment is on chain already and its time is over. Sign in as its payer and send the request again.",
  ],
  out_of_stock: [409, "There is no such number in stock right now. Nothing was charged."],
  body_too_large: [413, "The body is too large."],
  url_too_long: [414, "The URL is too long."],
  unsupported_media_type: [415, "Send the body as application/json."],
  rate_limited: [429, "Too many requests."],
  cooldown: [429, "After a cancelled order the same service and country can be bought again in a while."],
  message_limit: [429, "There were as many texts today as there may be. Nothing was charged."],
  order_limit: [429, "There are too many orders. Nothing was charged."],
  internal: [500, "Something went wrong on our side."],
  provider_failed: [502, "The provider could not do it. What was paid is credited to the payer."],
  provider_unavailable: [502, "The provider cannot be asked right now. Nothing was charged."],
  upstream_unreachable: [502, "The API behind this address cannot be reached."],
  upstream_invalid: [502, "The API behind this address gave an answer that is not valid HTTP."],
  upstream_tls: [502, "The API behind this address could not prove who it is."],
  upstream_blocked: [502, "The API behind this address lies where calls are not allowed to go."],
  upstream_redirect: [502, "The API behind this address tried to redirect, which is not followed."],
  upstream_too_large: [
    502,
    "The API behind this address answered with more than fits into JSON. Ask with ?raw=1 to have it as it is.",
  ],
  chain_unavailable: [503, "The chain cannot be read right now."],
  indexer_stale: [503, "Whether this session was paid cannot be known right now. Do not pay again; ask again later."],
  not_ready: [503, "The service is starting, stopping or cut off from what it needs."],
  not_offered: [503, "This is not on sale here: the operator has not set it up."],
  sales_paused: [503, "The operator has paused these sales. Nothing was charged."],
  payments_unavailable: [503, "Payments cannot be checked or settled right now. Nothing was charged."],
  upstream_busy: [503, "Too many calls to the API behind this address are running."],
  upstream_timeout: [504, "The API behind this address took too long."],
  upstream_loop: [508, "The API behind this address leads back here."],
} as const satisfies Record<string, readonly [number, string]>;

export type ErrorCode = keyof typeof CODES;

/** All of them, for whoever reads about it. */
export const ERROR_TABLE: readonly { code: string; status: number; message: string }[] = Object.entries(CODES).map(
  ([code, [status, message]]) => ({ code, status, message }),
);

export type ErrorOptions = {
  /** What the caller reads; the code's own sentence when absent. Never a supplier's raw text. */
  message?: string;
  /** Machine-readable facts, such as `{ field }`. Goes into the answer. */
  details?: Record<string, unknown>;
  /** When to try again; sent rounded up as `Retry-After`. */
  retryAfterSec?: number;
  cause?: unknown;
};

/** The one error that verbs throw at a caller's request. Anything else that is thrown becomes `internal`. */
export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: Record<string, unknown> | undefined;
  readonly retryAfterSec: number | undefined;

  constructor(code: ErrorCode, options: ErrorOptions = {}) {
    super(options.message ?? CODES[code][1], { cause: options.cause });
    this.name = "ApiError";
    this.code = code;
    this.status = CODES[code][0];
    this.details = options.details;
    this.retryAfterSec = options.retryAfterSec;
  }
}

/** A 400 that names the field, e.g. `invalidField("p_api_url", "must be an https URL")`. */
export function invalidField(field: string, reason: string): ApiError {
  return new ApiError("invalid_field", { message: `${field}: ${reason}`, details: { field } });
}

/** The answer of `/api/402/*` and of masked APIs. */
export function gateErrorBody(error: ApiError): Record<string, unknown> {
  return { code: error.code, message: error.message, ...(error.details && { data: error.details }) };
}

/** The answer of `/api/v1/*`. */
export function v1ErrorBody(error: ApiError, requestId: string): Record<string, unknown> {
  return {
    error: error.code,
    message: error.message,
    request_id: requestId,
    ...(error.details && { details: error.details }),
  };
}

/** The answer to what is hardly HTTP, of which nobody can tell where it was to go: both shapes in one. */
export function strayErrorBody(error: ApiError): Record<string, unknown> {
  return { error: error.code, ...gateErrorBody(error) };
}

/** Headers that belong to an error whatever its body, as flat name and value pairs. */
export function errorHeaders(error: ApiError): string[] {
  return error.retryAfterSec === undefined ? [] : ["Retry-After", String(Math.max(1, Math.ceil(error.retryAfterSec)))];
}
