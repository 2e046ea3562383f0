import { TOP_UP } from "../limits.ts";
import { dollarsOf } from "../prices.ts";
import type { JsonObject, Sale } from "../sale.ts";
import { type Endpoint, type EndpointGroup, splitOn } from "./endpoint.ts";

export type Shown = { readonly groups: readonly EndpointGroup[]; readonly sales: readonly Sale[] };

/** Every endpoint in Markdown, the priced ones first, as README and `/llms.txt` show it. */
export function endpointTable({ groups, sales }: Shown): string {
  const rows = [...sales.map(saleRow), ...groups.flatMap(({ endpoints }) => endpoints.map(endpointRow))];
  return ["| method and path | who | what |", "|---|---|---|", ...rows].join("\n");
}

const row = (...cells: string[]): string => `| ${cells.join(" | ")} |`;

function saleRow({ method, path, description, docs, ...sale }: Sale): string {
  const { minMicroUsd, maxMicroUsd } = TOP_UP;
  const fixed = dollars(sale.priceMicroUsd);
  const price = sale.priceOf ? `${dollars(minMicroUsd)} to ${dollars(maxMicroUsd)}` : fixed;
  const who = docs.needsSignIn ? `${price}, key or signed in` : price;
  return row(`\`${method} ${path}\``, who, `${description} ${code(docs.exampleInput)}`);
}

const dollars = (microUsd: bigint): string => `$${dollarsOf(microUsd).toLocaleString("en-US")}`;

function endpointRow(endpoint: Endpoint): string {
  const { method, path } = splitOn(endpoint);
  const query = Object.keys(endpoint.query ?? {}).map((name) => `${name}=`);
  const address = path.replace(/\{(\w+)\}/g, "<$1>") + (query.length > 0 ? `?${query.join("&")}` : "");
  const [example] = (endpoint.body?.examples as JsonObject[] | undefined) ?? [];
  const summary = example ? `${endpoint.summary}; ${code(example)}` : endpoint.summary;
  return row(`\`${method === "ANY" ? "any" : method} ${address}\``, endpoint.who, summary);
}

const code = (example: JsonObject): string => `\`${JSON.stringify(example)}\``;
