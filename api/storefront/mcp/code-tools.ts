import type { Deps } from "../../deps.ts";
import { ApiError, invalidField } from "../../errors.ts";
import type { Selling } from "../../products/orders/desk.ts";
import type { JsonObject } from "../../sale.ts";
import { PAGING, PURCHASE } from "../endpoint-schemas.ts";
import { answered, resultOf } from "./results.ts";
import { withIdempotencyKey, wordsOf } from "./sale-tools.ts";
import type { InputSchema, Tool, ToolCall } from "./tool.ts";

/** One-time codes: what can be had, and a number for one. */
export const codeTools = ({ publicUrl }: Pick<Deps, "publicUrl">, selling: Selling): Tool[] => [
  {
    card: {
      name: "browse_codes",
      title: "What one-time codes can be had",
      description:
        "Lists where a service's one-time codes can be had and at what price, or without a service which services there are. Free.",
      inputSchema: { type: "object", properties: FILTERS },
      annotations: { readOnlyHint: true, openWorldHint: true },
    },
    run: ({ args = {} }) => browse(publicUrl, selling, args),
  },
  {
    card: {
      name: "purchase_code",
      title: "Buy a number for one code",
      description:
        "Buys a phone number for one one-time code of a service; order_status then tells the code. Price: as browse_codes tells, from the balance of an API key (top_up). A code that does not come costs nothing.",
      inputSchema: withIdempotencyKey(INPUT as InputSchema),
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    },
    run: (call) => buy(selling, call),
  },
];

const { examples: _, ...INPUT } = PURCHASE;
const TEXT: JsonObject = { type: "string" };
const FILTERS = {
  service: { ...TEXT, description: "such as discord" },
  country: { ...TEXT, description: "only with services there; not with service" },
  search: TEXT,
  ...PAGING,
};

/** The same words as in the query of the catalogue's two lists. @throws ApiError invalid_field */
async function browse(publicUrl: string, selling: Selling, args: JsonObject) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(args)) {
    if (!Object.hasOwn(FILTERS, name)) throw invalidField(name.slice(0, 100), "is not known here");
    if (typeof value !== "string" && typeof value !== "number") throw invalidField(name, "must be a text or a number");
    query.set(name, String(value));
  }
  // A list of everywhere is not taken for one of there.
  if (query.has("service") && query.has("country"))
    throw invalidField("country", "does not go with service: use search");
  const [list, path] = query.has("service")
    ? [selling.countries, "/api/v1/catalog/countries"]
    : [selling.services, "/api/v1/catalog/services"];
  return answered(await list({ query, url: `${publicUrl}${path}?${query}` }));
}

/** Prices change with every order: nothing is offered for a payment that is signed first. */
async function buy({ purchase }: Selling, { requestId, args, payment, credentials }: ToolCall) {
  if (payment())
    throw new ApiError("bad_request", { message: "A code is paid from a balance: use top_up, and its API key here." });
  const call = async () => ({ requestId, ...wordsOf(args), query: new URLSearchParams(), authorization: undefined });
  return resultOf({ kind: "answer", answer: await purchase({ requestId, credentials, call }) });
}
