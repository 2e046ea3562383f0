import { readFileSync } from "node:fs";
import path from "node:path";
import { privateKeyToAddress } from "viem/accounts";
import type { DevJson } from "../../dev/dev-json.ts";
import type { Home } from "../flow/started.ts";
import type { Value } from "./json-in.ts";

/** What stands in a document for something that every reader has another of. */
type Known = { readonly dev: DevJson; readonly home: Home; readonly answered: (name: string) => Value | undefined };

/** The one table of them: what a document writes, and what it is when this test runs. */
const PLACEHOLDERS: readonly { readonly text: string; readonly is: (known: Known) => unknown }[] = [
  { text: "http://127.0.0.1:8402", is: ({ dev }) => dev.api },
  { text: "http://127.0.0.1:8403", is: ({ home }) => `http://127.0.0.1:${home.env.UPSTREAM_PORT}` },
  { text: "http://127.0.0.1:8406", is: ({ dev }) => dev.chains["43114"]?.rpc },
  { text: "https://example.com/hook", is: ({ home }) => `http://127.0.0.1:${home.env.UPSTREAM_PORT}/echo` },
  { text: "./.turnpike/dev.json", is: ({ home }) => path.join(home.folder, "dev.json") },
  { text: "0xYOUR_PRIVATE_KEY", is: ({ dev }) => dev.keys?.payer },
  { text: "0xYOUR_ADDRESS", is: ({ dev }) => dev.keys && privateKeyToAddress(dev.keys.payer) },
  { text: "0xMERCHANT_PRIVATE_KEY", is: ({ dev }) => dev.keys?.merchant },
  { text: "YOUR_API_ID", is: ({ answered }) => answered("apiId") },
  { text: "YOUR_SESSION_ID", is: ({ answered }) => answered("session_id_hex") },
  { text: "YOUR_TOKEN", is: ({ answered }) => answered("token") },
  { text: "tpk_YOUR_KEY", is: ({ answered }) => answered("api_key") },
  { text: "YOUR_ORDER_ID", is: ({ answered }) => answered("order_id") },
  { text: "YOUR_OPERATOR_TOKEN", is: ({ home }) => secretsOf(home).OPERATOR_TOKEN },
  { text: "+12125551234", is: ({ answered }) => answered("phoneNumber") ?? "+12125551234" },
];

/** What `npm start` made for itself. */
const secretsOf = ({ folder }: Home): Record<string, unknown> =>
  JSON.parse(readFileSync(path.join(folder, "secrets.json"), "utf8"));

/** @throws Error when nothing has answered yet what a placeholder stands for */
export function filledIn(text: string, known: Known): string {
  return PLACEHOLDERS.filter((placeholder) => text.includes(placeholder.text)).reduce((filled, placeholder) => {
    const value = placeholder.is(known);
    if (typeof value !== "string") throw new Error(`nothing above this block says what ${placeholder.text} is`);
    return filled.replaceAll(placeholder.text, value);
  }, text);
}
