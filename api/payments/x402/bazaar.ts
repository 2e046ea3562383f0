import type { JsonObject, Sale } from "../../sale.ts";

/** The Bazaar extension of a 402: how the thing is called and what comes back, and the schema that this fits. */
export const bazaarOf = ({ method, docs }: Pick<Sale, "method" | "docs">): JsonObject => ({
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
        properties: { type: { const: "json" }, example: { type: "object" } },
        required: ["type"],
      },
    },
    required: ["input"],
  },
});
