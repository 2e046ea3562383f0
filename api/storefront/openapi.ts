import type { Deps } from "../deps.ts";
import type { JsonObject } from "../sale.ts";
import type { EndpointGroup } from "./endpoint.ts";
import type { Listed } from "./listed-sales.ts";
import { operationsOf, type Placed, saleOperation } from "./openapi-operation.ts";

export type OpenApiInput = {
  readonly listed: readonly Listed[];
  readonly groups: readonly EndpointGroup[];
  readonly guidance: string;
};

export type OpenApiDeps = Pick<Deps, "publicUrl" | "providerName" | "contactEmail">;

/** `/openapi.json`, version 3.1. What agents look for stands in `paths` itself, the rest is referred to: registries count. */
export function openApi(deps: OpenApiDeps, { listed, groups, guidance }: OpenApiInput): JsonObject {
  const near = groups.filter(({ isAside }) => !isAside);
  const aside = groups.filter(({ isAside }) => isAside);
  const items = pathItems(aside.flatMap(placed));
  const referred = Object.keys(items).map((path) => [path, { $ref: `#/components/pathItems/${nameOf(path)}` }]);
  return {
    openapi: "3.1.0",
    info: infoOf(deps, guidance),
    servers: [{ url: deps.publicUrl }],
    tags: ["For sale", ...groups.map(({ name }) => name)].map((name) => ({ name })),
    paths: {
      ...pathItems([...listed.map(saleOperation), ...near.flatMap(placed)]),
      ...Object.fromEntries(referred),
    },
    components: {
      pathItems: Object.fromEntries(Object.entries(items).map(([path, item]) => [nameOf(path), item])),
      schemas: { Error: ERROR },
      securitySchemes: SCHEMES,
    },
    "x-agentcash-guidance": { llmsTxtUrl: `${deps.publicUrl}/llms.txt` },
  };
}

const infoOf = ({ publicUrl, providerName, contactEmail }: OpenApiDeps, guidance: string): JsonObject => ({
  title: providerName,
  version: "1.0.0",
  description: "Masked APIs, phone lines, texts and one-time codes: pay on chain, then unlock.",
  contact: { name: providerName, url: publicUrl, ...(contactEmail && { email: contactEmail }) },
  "x-guidance": guidance,
});

const placed = ({ name, endpoints }: EndpointGroup): Placed[] =>
  endpoints.flatMap((endpoint) => operationsOf(endpoint, name));

function pathItems(all: readonly Placed[]): Record<string, JsonObject> {
  const items: Record<string, JsonObject> = {};
  for (const { path, method, operation } of all) items[path] = { ...items[path], [method]: operation };
  return items;
}

const nameOf = (path: string): string => path.replace(/[^a-zA-Z0-9]+/g, "_").replace(/^_|_$/g, "");

const ERROR: JsonObject = {
  type: "object",
  description: "`error` under /api/v1, `code` elsewhere",
  properties: {
    error: { type: "string" },
    code: { type: "string" },
    message: { type: "string" },
    request_id: { type: "string" },
  },
  required: ["message"],
};

const SCHEMES: JsonObject = {
  ApiKey: { type: "apiKey", in: "header", name: "X-API-Key", description: "of POST /api/v1/x402/topup" },
  SignIn: {
    type: "http",
    scheme: "bearer",
    description: "Sign-In with Ethereum: GET, then POST /api/v1/auth/siwe",
    "x-agentcash-auth-kind": "siwx",
  },
  Session: { type: "apiKey", in: "header", name: "X-402-Session", description: "of a 402 that was paid" },
  Operator: { type: "http", scheme: "bearer", description: "the operator's token" },
};
