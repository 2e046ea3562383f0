import { EVENT_TYPES } from "../events.ts";
import { MASKED_API, MAX_FEE_BPS, PAGE, VALID_FOR_SEC, VERIFICATION, WEBHOOKS } from "../limits.ts";
import type { JsonObject } from "../sale.ts";

const text = (description: string): JsonObject => ({ type: "string", description });
const whole = (minimum: number, maximum: number): JsonObject => ({ type: "integer", minimum, maximum });
const ADDRESS: JsonObject = { type: "string", pattern: "^0x[0-9a-fA-F]{40}$" };

/** Queries of lists. */
export const OFFSET: JsonObject = { offset: { type: "integer", minimum: 0 } };
export const PAGING: JsonObject = { limit: { type: "integer", minimum: 1, maximum: PAGE.max }, ...OFFSET };

const day: JsonObject = { type: "string", format: "date" };

export const SPAN: JsonObject = { from: day, to: day };

export const EARNINGS: JsonObject = {
  by: { enum: ["day", "payer"] },
  format: { enum: ["json", "csv"] },
  ...SPAN,
  ...PAGING,
};

export const SIGN_IN: JsonObject = {
  type: "object",
  properties: { message: text("word for word as GET gave it"), signature: text("of that message, by the wallet") },
  required: ["message", "signature"],
  examples: [{ message: "…", signature: "0x…" }],
};

const masked: JsonObject = {
  p_name: { type: "string", maxLength: MASKED_API.nameChars },
  p_description: { type: "string", maxLength: MASKED_API.descriptionChars },
  p_api_url: { ...text("the address to hide: public and https"), maxLength: MASKED_API.urlChars },
  p_merchant_wallet: ADDRESS,
  p_token_address: { ...ADDRESS, description: "the zero address is the chain's own coin" },
  p_amount_wei: { type: "string", pattern: "^[0-9]{1,78}$" },
  p_valid_for_sec: whole(VALID_FOR_SEC.min, VALID_FOR_SEC.max),
  p_chain_id: { type: "integer", description: "the gateway's chain" },
  p_fee_bps_snapshot: whole(0, MAX_FEE_BPS),
  p_allowed_methods: { type: "array", items: { enum: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] }, minItems: 1 },
  p_upstream_headers: {
    type: "object",
    additionalProperties: { type: "string", maxLength: MASKED_API.upstreamHeaderChars },
    description: "sent to the hidden API, kept encrypted, never shown again",
  },
  p_is_listed: { type: "boolean", default: false, description: "shown by discovery; needs the merchant's sign-in" },
};

export const MASKED_API_TERMS: JsonObject = {
  type: "object",
  properties: masked,
  required: [
    ...["p_api_url", "p_merchant_wallet", "p_token_address"],
    ...["p_amount_wei", "p_valid_for_sec", "p_chain_id"],
  ],
};

export const MASKED_API_EDIT: JsonObject = { type: "object", properties: masked };

const key: JsonObject = {
  name: text("what its owner calls it"),
  cap_usd: { type: ["number", "null"], exclusiveMinimum: 0, multipleOf: 0.01, description: "what it may ever spend" },
};

export const NEW_KEY: JsonObject = {
  type: "object",
  properties: { ...key, may_manage: { type: "boolean", default: false } },
  additionalProperties: false,
  examples: [{ name: "agent", cap_usd: 5, may_manage: false }],
};

export const KEY_EDIT: JsonObject = {
  type: "object",
  properties: key,
  additionalProperties: false,
  minProperties: 1,
  examples: [{ cap_usd: 10 }],
};

export const PURCHASE: JsonObject = {
  type: "object",
  properties: {
    service: text("as the catalogue names it"),
    country: text("as the catalogue names it"),
    max_price_usd: { type: "number", exclusiveMinimum: 0 },
  },
  required: ["service", "country"],
  examples: [{ service: "discord", country: "id", max_price_usd: 0.1 }],
};

export const CODE_CHECK: JsonObject = {
  type: "object",
  properties: {
    verificationId: text("as the start answered it"),
    code: { type: "string", pattern: `^[0-9]{${VERIFICATION.digits}}$` },
  },
  required: ["verificationId", "code"],
  examples: [{ verificationId: "7d9c3f0e-2a54-4c1b-8f6e-5b1f0a9d2c33", code: "123456" }],
};

const webhook: JsonObject = {
  url: { ...text("public and https"), maxLength: WEBHOOKS.urlChars },
  types: { type: ["array", "null"], items: { enum: [...EVENT_TYPES] }, minItems: 1 },
  description: { type: ["string", "null"], maxLength: WEBHOOKS.descriptionChars },
};

export const NEW_WEBHOOK: JsonObject = {
  type: "object",
  properties: webhook,
  required: ["url"],
  additionalProperties: false,
  examples: [{ url: "https://example.com/hook", types: ["order.received", "order.refunded"] }],
};

export const WEBHOOK_EDIT: JsonObject = {
  type: "object",
  properties: { ...webhook, paused: { type: "boolean" } },
  additionalProperties: false,
  minProperties: 1,
  examples: [{ paused: true }],
};

export const SALE_SWITCH: JsonObject = {
  type: "object",
  properties: { paused: { type: "boolean" } },
  required: ["paused"],
  examples: [{ paused: true }],
};
