import { invalidField } from "../../errors.ts";
import { readIdempotencyKey } from "../../identity/idempotency-key.ts";
import { IDEMPOTENCY_KEY_CHARS } from "../../limits.ts";
import { dollarsOf } from "../../prices.ts";
import type { Call, JsonObject, Sale } from "../../sale.ts";
import { sell, type Tills } from "../sell.ts";
import { resultOf } from "./results.ts";
import type { InputSchema, Tool, ToolCall } from "./tool.ts";

/** What is sold, as tools. */
export const saleTools = (tills: Tills, sales: readonly Sale[]): Tool[] => [
  ...anyNumber(tills, sales),
  ...sales.map((sale) => saleTool(tills, sale)),
];

/** As the documents name them; what is sold besides is called by its id. */
const NAMES: Readonly<Record<string, string>> = {
  "numbers.buy.us": "buy_number_us",
  "numbers.buy.intl": "buy_number_intl",
  "numbers.mine.send": "send_sms_own_line",
  "numbers.mine.renew": "renew_number",
  "sms.send": "send_sms",
  "balance.topup": "top_up",
  "credits.topup": "top_up_credits",
  "verifications.start": "start_verification",
  lookup: "lookup_number",
};

export const toolNameOf = ({ id }: Pick<Sale, "id">): string => NAMES[id] ?? id.replaceAll(".", "_");

const saleTool = (tills: Tills, sale: Sale): Tool => ({
  card: cardOf(sale, { name: toolNameOf(sale), title: sale.docs.summary, description: sale.description }),
  run: (call) => sold(tills, sale, call),
});

/** One tool for lines everywhere, which is sold in two kinds. */
function anyNumber(tills: Tills, sales: readonly Sale[]): Tool[] {
  const us = sales.find(({ id }) => id === "numbers.buy.us");
  const elsewhere = sales.find(({ id }) => id === "numbers.buy.intl");
  if (!us || !elsewhere) return [];
  const description =
    "Buy an exclusive phone line, in the US or elsewhere. $100 activation includes 10,000 free texts.";
  const country = { type: "string", pattern: "^[A-Z]{2}$", description: "ISO 3166-1 code, such as US or GB" };
  const docs = { ...us.docs, inputSchema: { type: "object", properties: { country }, required: ["country"] } };
  return [
    {
      card: cardOf({ ...us, docs }, { name: "buy_number", title: "Buy Phone Line", description }),
      run: (call) => sold(tills, call.args?.country === "US" ? us : elsewhere, call),
    },
  ];
}

type Words = { readonly name: string; readonly title: string; readonly description: string };

function cardOf(sale: Sale, { name, title, description }: Words): Tool["card"] {
  const priceUsd = dollarsOf(sale.priceMicroUsd);
  return {
    name,
    title,
    description: `${description} ${priceIn(sale)}`,
    inputSchema: inputOf(sale),
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    // Cloudflare's client tells its model with this.
    _meta: { "agents-x402/paymentRequired": true, "agents-x402/priceUSD": priceUsd },
  };
}

function priceIn({ priceMicroUsd, priceOf, isPaidFromBalance, docs }: Sale): string {
  const price = `Price: ${priceOf ? "as asked, usually " : ""}$${dollarsOf(priceMicroUsd).toFixed(2)} in USDC by x402`;
  const balance = isPaidFromBalance === false ? "" : ", or from the balance of an API key";
  const signIn = docs.needsSignIn ? " Needs the wallet's sign-in, or an API key that may manage." : "";
  return `${price}${balance}.${signIn}`;
}

const ONCE: JsonObject = {
  type: "string",
  minLength: 1,
  maxLength: IDEMPOTENCY_KEY_CHARS,
  description: "With an API key: your own name for this purchase. The same again is the same purchase, charged once.",
};

function inputOf({ docs, isPaidFromBalance }: Sale): InputSchema {
  const schema = { ...docs.inputSchema, type: "object" } as InputSchema;
  return isPaidFromBalance === false ? schema : withIdempotencyKey(schema);
}

export const withIdempotencyKey = (schema: InputSchema): InputSchema => ({
  ...schema,
  properties: { ...schema.properties, idempotency_key: ONCE },
});

/** The very call that comes over HTTP: what was sold there is not sold here once more. */
async function sold(tills: Tills, sale: Sale, { requestId, args, payment, credentials }: ToolCall) {
  const given = payment();
  const by = credentials();
  const call = async (): Promise<Call> => ({
    requestId,
    ...wordsOf(args),
    query: NO_QUERY,
    authorization: undefined,
    ...by,
  });
  const asked = {
    sale,
    requestId,
    hasKey: by.apiKey !== undefined,
    credentials: () => by,
    query: () => NO_QUERY,
    call,
  };
  return resultOf(await sell(tills, asked, given));
}

const NO_QUERY = new URLSearchParams();

const KEY = "idempotency_key";

/** The arguments, and the name of the purchase that stands among them. @throws ApiError invalid_field */
export function wordsOf(args: JsonObject | undefined): Pick<Call, "body" | "idempotencyKey"> {
  if (args === undefined) return { body: undefined };
  const { idempotency_key: key, ...body } = args;
  if (key !== undefined && typeof key !== "string") throw invalidField(KEY, "must be a text");
  return { body, idempotencyKey: readIdempotencyKey(key, KEY) };
}
