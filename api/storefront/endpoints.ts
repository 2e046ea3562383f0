import type { Deps } from "../deps.ts";
import type { JsonObject } from "../sale.ts";
import type { EndpointGroup } from "./endpoint.ts";
import {
  CODE_CHECK,
  EARNINGS,
  KEY_EDIT,
  MASKED_API_EDIT,
  MASKED_API_TERMS,
  NEW_KEY,
  NEW_WEBHOOK,
  OFFSET,
  PAGING,
  PURCHASE,
  SIGN_IN,
  WEBHOOK_EDIT,
} from "./endpoint-schemas.ts";
import { HOUSE_ENDPOINTS } from "./house-endpoints.ts";

const TEXT: JsonObject = { type: "string" };

const APIS = "/api/402/apis";
const ONE_API = `${APIS}/{apiId}` as const;
const HOOK = "/api/v1/webhooks/{webhookId}";

/** Every endpoint but what has a price, which `api/offers.ts` knows. A test compares it with the routes there are. */
export const ENDPOINTS: readonly EndpointGroup[] = [
  {
    name: "Masked APIs",
    endpoints: [
      {
        on: "GET /api/{apiId}",
        who: "anyone",
        summary: "402 with the price, or with a paid `X-402-Session` the envelope with the upstream's answer",
      },
      {
        on: `POST ${APIS}`,
        who: "anyone",
        summary: "hides an API behind a price → `{ apiId, url }`",
        body: MASKED_API_TERMS,
      },
      { on: `GET ${APIS}`, who: "merchant", summary: "own masked APIs", query: OFFSET },
    ],
  },
  {
    name: "Masked APIs, in detail",
    isAside: true,
    endpoints: [
      {
        on: "ANY /api/{apiId}/{path}",
        who: "paid session",
        summary: "the upstream's own answer, streamed; `?raw=1` on the URL itself gives it as well",
      },
      { on: "GET /api/402/tokens/{address}", who: "anyone", summary: "symbol and decimals of a token on its chain" },
      { on: `GET ${ONE_API}`, who: "merchant", summary: "one of them" },
      {
        on: `PATCH ${ONE_API}`,
        who: "merchant",
        summary: "new terms; quotes that are out stay good",
        body: MASKED_API_EDIT,
      },
      {
        on: `DELETE ${ONE_API}`,
        who: "merchant",
        summary: "takes it off sale for good; what was paid goes on until it ends",
      },
      { on: `POST ${ONE_API}/pause`, who: "merchant", summary: "stops sales; paid sessions go on" },
      { on: `POST ${ONE_API}/resume`, who: "merchant", summary: "sells again" },
      {
        on: `GET ${ONE_API}/earnings`,
        who: "merchant",
        summary: "what was paid and by whom, in all, by day or by payer, and paid calls; also as CSV",
        query: EARNINGS,
      },
    ],
  },
  {
    name: "Sign-in",
    endpoints: [
      {
        on: "GET /api/v1/auth/siwe",
        who: "anyone",
        summary: "the message to sign",
        query: { address: TEXT, chainId: { type: "integer" } },
      },
      { on: "POST /api/v1/auth/siwe", who: "anyone", summary: "→ bearer token for 24 h", body: SIGN_IN },
      { on: "DELETE /api/v1/auth/siwe", who: "signed in", summary: "revokes the token" },
    ],
  },
  {
    name: "Lines and texts",
    needs: "phone",
    endpoints: [
      {
        on: "GET /api/v1/numbers/mine",
        who: "key or signed in",
        summary: "own lines, with `all=true` those that ended too",
        query: { all: { type: "boolean" }, ...PAGING },
      },
      {
        on: "GET /api/v1/numbers/mine/messages",
        who: "key or signed in",
        summary: "what went out of them and came in",
        query: { phoneNumber: TEXT, ...PAGING },
      },
      { on: "GET /api/v1/messages/{messageId}", who: "who knows the id", summary: "what became of a text" },
      {
        on: "POST /api/v1/verifications/check",
        who: "who knows the id",
        summary: "whether a code is the one that was sent → `valid`, `status`",
        body: CODE_CHECK,
      },
    ],
  },
  {
    name: "Balance",
    endpoints: [
      { on: "GET /api/v1/x402/info", who: "anyone", summary: "networks, limits, price floors" },
      {
        on: "GET /api/v1/orders/{orderId}",
        who: "who knows the id",
        summary: "what became of a paid call; key or sign-in for what a balance paid",
      },
      {
        on: "GET /api/v1/balance",
        who: "key or signed in",
        summary: "balance, and credits of calls that were paid and failed",
      },
      { on: "GET /api/v1/transactions", who: "key or signed in", summary: "every movement", query: PAGING },
    ],
  },
  {
    name: "API keys",
    isAside: true,
    endpoints: [
      { on: "GET /api/v1/keys", who: "signed in or managing key", summary: "own keys", query: PAGING },
      {
        on: "POST /api/v1/keys",
        who: "signed in or managing key",
        summary: "a new one, shown once",
        body: NEW_KEY,
      },
      { on: "PATCH /api/v1/keys/{keyId}", who: "signed in or managing key", summary: "name and cap", body: KEY_EDIT },
      { on: "DELETE /api/v1/keys/{keyId}", who: "signed in or managing key", summary: "revokes it" },
      { on: "POST /api/v1/keys/{keyId}/rotate", who: "signed in or managing key", summary: "replaces it" },
    ],
  },
  {
    name: "One-time codes",
    needs: "otp",
    endpoints: [
      {
        on: "GET /api/v1/catalog/services",
        who: "anyone",
        summary: "stock and prices by service",
        query: { search: TEXT, country: TEXT, ...PAGING },
      },
      {
        on: "GET /api/v1/catalog/countries",
        who: "anyone",
        summary: "stock and prices by country",
        query: { search: TEXT, service: TEXT, ...PAGING },
      },
      { on: "POST /api/v1/customer/purchase", who: "key", summary: "a number for one code", body: PURCHASE },
    ],
  },
  {
    name: "Orders of one-time codes",
    endpoints: [
      {
        on: "GET /api/v1/customer/order/{orderId}",
        who: "key or signed in",
        summary: "`sms_received`, `sms_text`, `code`; `Prefer: wait=30`",
      },
      {
        on: "POST /api/v1/customer/cancel/{orderId}",
        who: "key or signed in",
        summary: "takes the order back and the price with it",
      },
      {
        on: "GET /api/v1/customer/orders",
        who: "key or signed in",
        summary: "own orders",
        query: { status: TEXT, ...PAGING },
      },
    ],
  },
  {
    name: "Webhooks",
    isAside: true,
    endpoints: [
      {
        on: "POST /api/v1/webhooks",
        who: "signed in or managing key",
        summary: "→ secret, shown once",
        body: NEW_WEBHOOK,
      },
      { on: "GET /api/v1/webhooks", who: "signed in or managing key", summary: "own webhooks" },
      { on: `GET ${HOOK}`, who: "signed in or managing key", summary: "one of them" },
      { on: `PATCH ${HOOK}`, who: "signed in or managing key", summary: "url, types, paused", body: WEBHOOK_EDIT },
      { on: `DELETE ${HOOK}`, who: "signed in or managing key", summary: "forgets it" },
      { on: `POST ${HOOK}/rotate-secret`, who: "signed in or managing key", summary: "both secrets sign for 24 h" },
      { on: `POST ${HOOK}/test`, who: "signed in or managing key", summary: "sends a `ping`" },
      { on: `GET ${HOOK}/deliveries`, who: "signed in or managing key", summary: "what was sent", query: PAGING },
      {
        on: `POST ${HOOK}/deliveries/{deliveryId}/replay`,
        who: "signed in or managing key",
        summary: "and once more",
      },
    ],
  },
  ...HOUSE_ENDPOINTS,
];

/** Those groups of them that this shop has. */
export const endpointsOf = (deps: Pick<Deps, "phone" | "otp">): readonly EndpointGroup[] =>
  ENDPOINTS.filter(({ needs }) => needs === undefined || deps[needs] !== undefined);
