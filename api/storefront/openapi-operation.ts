import { TOP_UP } from "../limits.ts";
import type { JsonObject, Sale } from "../sale.ts";
import { type Endpoint, type Method, splitOn, type Who } from "./endpoint.ts";
import { type Listed, usdText } from "./listed-sales.ts";

/** One operation of OpenAPI, and where it belongs. */
export type Placed = { readonly path: string; readonly method: Lowercase<Method>; readonly operation: JsonObject };

const EVERY_METHOD = ["get", "post", "put", "patch", "delete"] as const;

/** What is free, or paid by key or session. */
export function operationsOf(endpoint: Endpoint, tag: string): Placed[] {
  const { method, path } = splitOn(endpoint);
  const methods = method === "ANY" ? EVERY_METHOD : [method.toLowerCase() as Lowercase<Method>];
  const answers = path.startsWith("/api/{apiId}") ? { "402": TO_BE_PAID_ON_CHAIN } : {};
  return methods.map((each) => ({
    path,
    method: each,
    operation: {
      operationId: idOf(`${each} ${path}`),
      tags: [tag],
      summary: endpoint.summary,
      security: SECURITY[endpoint.who],
      parameters: [
        ...pathParameters(path),
        ...Object.entries(endpoint.query ?? {}).map(([name, schema]) => ({ in: "query", name, schema })),
        ...(path === "/api/{apiId}" ? [SESSION] : []),
      ],
      ...(endpoint.body && { requestBody: bodyOf(endpoint.body) }),
      responses: { "200": { description: "Done" }, ...answers, default: FAILED },
    },
  }));
}

/** What is sold: paid per call, or from a balance. */
export function saleOperation({ sale, offer }: Listed): Placed {
  const { docs, description, id } = sale;
  const answer = { schema: { type: "object" }, example: docs.exampleOutput };
  return {
    path: sale.path,
    method: "post",
    operation: {
      operationId: idOf(id),
      tags: ["For sale"],
      summary: docs.summary,
      description,
      security: docs.needsSignIn ? SECURITY["key or signed in"] : [],
      "x-payment-info": {
        price: priceOf(sale),
        protocols: [{ x402: { versions: [1, 2], ...offer.requirements } as JsonObject }],
      },
      parameters: sale.isPaidFromBalance === false ? (docs.needsSignIn ? [] : [IDENTIFIED]) : [BY_KEY, ONCE],
      requestBody: { required: true, content: json({ schema: docs.inputSchema, example: docs.exampleInput }) },
      responses: {
        "200": { description: "Paid and done", content: json(answer) },
        "202": { description: "Paid, and not done yet: ask where Location says, or send the very same again" },
        "402": TO_BE_PAID,
        default: FAILED,
      },
    },
  };
}

/** Only of a top-up the buyer chooses the price. */
function priceOf({ priceOf: chosen, priceMicroUsd }: Sale): JsonObject {
  const { minMicroUsd, maxMicroUsd } = TOP_UP;
  if (chosen) return { mode: "dynamic", currency: "USD", min: usdText(minMicroUsd), max: usdText(maxMicroUsd) };
  return { mode: "fixed", currency: "USD", amount: usdText(priceMicroUsd) };
}

const json = (media: JsonObject): JsonObject => ({ "application/json": media });

function bodyOf({ examples, ...schema }: JsonObject): JsonObject {
  const [example] = (examples as JsonObject[] | undefined) ?? [];
  return { required: true, content: json({ schema, ...(example && { example }) }) };
}

/** What code generators make a function's name of. */
const idOf = (words: string): string => words.replace(/[^a-zA-Z0-9]+/g, "_").replace(/^_|_$/g, "");

const pathParameters = (path: string): JsonObject[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
    ...{ in: "path", name, required: true, schema: { type: "string" } },
  }));

const EITHER: JsonObject[] = [{ ApiKey: [] }, { SignIn: [] }];
const SECURITY: Record<Who, JsonObject[]> = {
  anyone: [],
  "who knows the id": [],
  "paid session": [{ Session: [] }],
  merchant: [{ SignIn: [] }],
  "signed in": [{ SignIn: [] }],
  key: [{ ApiKey: [] }],
  "key or signed in": EITHER,
  "signed in or managing key": EITHER,
  operator: [{ Operator: [] }],
  // By a signature of its own kind, which no caller of ours has.
  carrier: [],
};

const header = (name: string, description: string): JsonObject => ({
  ...{ in: "header", name, description, schema: { type: "string" } },
});
const SESSION = header("X-402-Session", "`session_id` of a 402 that was paid");
const BY_KEY = header("X-API-Key", "Pays from a balance, instead of a payment per call.");
const IDENTIFIED = header("X-API-Key", "Tops this key's balance up, instead of making a new one.");
const ONCE = header("Idempotency-Key", "The same again, when a balance pays, is the same purchase.");

const error = (description: string): JsonObject => ({
  description,
  content: json({ schema: { $ref: "#/components/schemas/Error" } }),
});
const FAILED = error("What was wrong");
const TO_BE_PAID_ON_CHAIN = error("The price, and ready-made calls of the contract that pay it");
const TO_BE_PAID: JsonObject = {
  ...error("The price: version 2 of x402 in the header, version 1 in the body"),
  headers: {
    "Payment-Required": { description: "Base64 of JSON: x402Version, accepts", schema: { type: "string" } },
  },
};
