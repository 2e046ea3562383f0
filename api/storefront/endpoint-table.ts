import { TOP_UP } from "../limits.ts";
import { dollarsOf } from "../prices.ts";
import type { JsonObject, Sale } from "../sale.ts";
import { type Endpoint, type EndpointGroup, splitOn } from "./endpoint.ts";

export type Shown = { readonly groups: readonly EndpointGroup[]; readonly sales: readonly Sale[] };

/** Every endpoint in Markdown, the priced ones first, as README and `/llms.txt` show it. */
export function endpointTable({ groups, sales }: Shown): string {
  return table([...sales.map(saleRow), ...groups.flatMap(({ endpoints }) => endpoints.map(endpointRow))]);
}

/** The same rows under a heading for each group, for who reads one after the other. */
export function endpointTables({ groups, sales }: Shown): string {
  const sold = sales.length > 0 ? [["What has a price", sales.map(saleRow)] as const] : [];
  const others = groups.map(({ name, endpoints }) => [name, endpoints.map(endpointRow)] as const);
  return [...sold, ...others].map(([name, rows]) => `### ${name}\n\n${table(rows)}`).join("\n\n");
}

const table = (rows: readonly string[]): string =>
  ["| method and path | who | what |", "|---|---|---|", ...rows].join("\n");

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
