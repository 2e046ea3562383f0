import type { JsonObject, Sale } from "../sale.ts";
import type { Listed } from "./listed-sales.ts";

/** Who lists it, and since when it is as it is. */
export type Lister = { readonly publicUrl: string; readonly providerName: string; readonly since: string };

/** One entry of a Bazaar's list: a sale as `@x402/extensions` reads it. */
export function bazaarItem({ sale, offer }: Listed, { publicUrl, providerName, since }: Lister) {
  return {
    resource: offer.resourceUrl,
    type: "http",
    x402Version: 2,
    accepts: [offer.requirements],
    lastUpdated: since,
    description: sale.description,
    mimeType: "application/json",
    serviceName: providerName,
    tags: sale.id.split("."),
    iconUrl: `${publicUrl}/favicon.svg`,
    extensions: { bazaar: callOf(sale) },
  };
}

export type BazaarItem = ReturnType<typeof bazaarItem>;

/** How it is called and what comes back, with the schema that this fits. */
const callOf = ({ method, docs }: Sale): JsonObject => ({
  info: {
    input: { type: "http", method, bodyType: "json", body: docs.exampleInput },
    output: { type: "json", example: docs.exampleOutput },
  },
  schema: {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: {
      input: {
        type: "object",
        properties: {
          type: { const: "http" },
          method: { const: method },
          bodyType: { const: "json" },
          body: docs.inputSchema,
        },
        required: ["type", "method", "bodyType", "body"],
        additionalProperties: false,
      },
      output: {
        type: "object",
        properties: { type: { type: "string" }, example: { type: "object" } },
        required: ["type"],
      },
    },
    required: ["input"],
  },
});
