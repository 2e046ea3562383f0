import { symbolOf } from "../../contracts/chains.ts";
import type { Deps } from "../deps.ts";
import { QUOTE_VALID_SEC } from "../limits.ts";
import type { ListedApi } from "../products/masked-api/listing.ts";
import type { JsonObject } from "../sale.ts";
import type { BazaarItem } from "./bazaar-item.ts";

export type MaskedItemDeps = Pick<Deps, "publicUrl" | "providerName" | "gateway" | "chain">;

/** How our gateway's sessions are called among x402's schemes: stock clients pass over what they do not know. */
const SCHEME = "gateway-session";

/** One entry of a Bazaar's list: a masked API that its merchant shows. */
export function maskedItem(deps: MaskedItemDeps, api: ListedApi): BazaarItem {
  const { publicUrl, providerName } = deps;
  return {
    resource: urlOf(deps, api),
    type: "http",
    x402Version: 2,
    accepts: [acceptedFor(deps, api)],
    lastUpdated: api.updatedAt.toISOString(),
    description: wordsOf(api),
    mimeType: "application/json",
    serviceName: providerName,
    tags: ["masked-api"],
    iconUrl: `${publicUrl}/favicon.svg`,
    extensions: { bazaar: bazaarOf(api) },
  };
}

/** The same for `/api/v1/discovery`. */
export const maskedResource = (deps: MaskedItemDeps, api: ListedApi) => ({
  id: api.apiId,
  resource: urlOf(deps, api),
  page: `${deps.publicUrl}/${api.apiId}`,
  methods: api.allowedMethods,
  name: api.name ?? null,
  description: api.description ?? null,
  validForSec: api.validForSec,
  accepts: [acceptedFor(deps, api)],
});

/** The same in one line. The name is its merchant's, so it stands in quotes. */
export function maskedLine(deps: MaskedItemDeps, api: ListedApi): string {
  const { name = "A masked API", amountWei, validForSec } = api;
  const symbol = symbolOf(deps.chain.chain, api.token) ?? `of token ${api.token}`;
  return `- ${urlOf(deps, api)}: ${JSON.stringify(name)}, ${amountWei} wei ${symbol} for ${validForSec} s`;
}

const urlOf = ({ publicUrl }: MaskedItemDeps, { apiId }: ListedApi): string => `${publicUrl}/api/${apiId}`;

const wordsOf = ({ name, description }: ListedApi): string =>
  [name, description].filter((words) => words !== undefined).join(": ") || "A masked API";

function acceptedFor(deps: MaskedItemDeps, api: ListedApi) {
  const symbol = symbolOf(deps.chain.chain, api.token);
  return {
    scheme: SCHEME,
    network: deps.chain.chain.caip2,
    amount: api.amountWei.toString(),
    asset: api.token,
    payTo: api.merchant,
    maxTimeoutSeconds: QUOTE_VALID_SEC,
    extra: { contract: deps.gateway, validForSec: api.validForSec, ...(symbol && { symbol }) },
  };
}

/** What comes back is known to the merchant alone. */
function bazaarOf({ allowedMethods }: ListedApi): JsonObject {
  const method = allowedMethods.includes("GET") ? "GET" : (allowedMethods[0] as string);
  const body: JsonObject = BODILESS.has(method) ? {} : { bodyType: "json", body: {} };
  const fixed = Object.entries({ type: "http", method, ...(body.bodyType && { bodyType: "json" }) });
  return {
    info: { input: { type: "http", method, ...body }, output: { type: "json", example: EXAMPLE } },
    schema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: {
        input: {
          type: "object",
          properties: {
            ...Object.fromEntries(fixed.map(([name, value]) => [name, { const: value }])),
            ...(body.body && { body: { type: "object" } }),
          },
          required: ["type", "method"],
        },
        output: { type: "object" },
      },
      required: ["input"],
    },
  };
}

const BODILESS = new Set(["GET", "HEAD", "DELETE"]);
const EXAMPLE: JsonObject = {
  code: "successful",
  data: { upstream: { status: 200, content_type: "application/json", body: {} } },
};
