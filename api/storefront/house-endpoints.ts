import type { JsonObject } from "../sale.ts";
import type { EndpointGroup } from "./endpoint.ts";
import { PAGING, SALE_SWITCH, SPAN } from "./endpoint-schemas.ts";

const TEXT: JsonObject = { type: "string" };

/** How the shop is found, and how it is run. */
export const HOUSE_ENDPOINTS: readonly EndpointGroup[] = [
  {
    name: "What there is",
    isAside: true,
    endpoints: [
      { on: "GET /openapi.json", who: "anyone", summary: "all of this as OpenAPI 3.1, prices in `x-payment-info`" },
      { on: "GET /llms.txt", who: "anyone", summary: "all of this for a reader that is a program" },
      { on: "POST /mcp", who: "anyone", summary: "what is sold, and what goes with it, as tools of an MCP server" },
      { on: "GET /api/v1/discovery", who: "anyone", summary: "what is sold per call: prices, networks, payTo" },
      {
        on: "GET /discovery/resources",
        who: "anyone",
        summary: "the same as a Bazaar lists it",
        query: { type: TEXT, payTo: TEXT, scheme: TEXT, network: TEXT, ...PAGING },
      },
      { on: "GET /.well-known/x402", who: "anyone", summary: "the same in short" },
      { on: "GET /favicon.svg", who: "anyone", summary: "our sign" },
    ],
  },
  {
    name: "Pages",
    isAside: true,
    endpoints: [
      { on: "GET /", who: "anyone", summary: "what this is, for people" },
      { on: "GET /gate", who: "anyone", summary: "where people put an API on sale" },
      { on: "GET /dashboard", who: "anyone", summary: "what a wallet owns here, after its sign-in" },
      { on: "GET /docs", who: "anyone", summary: "documentation: what there is" },
      { on: "GET /docs/getting-started", who: "anyone", summary: "documentation: each story step by step" },
      { on: "GET /docs/api-reference", who: "anyone", summary: "documentation: endpoints, headers, errors" },
      { on: "GET /docs/operating", who: "anyone", summary: "documentation: how to run this" },
      { on: "GET /{apiId}", who: "anyone", summary: "where people pay for a masked API and see its answer" },
      { on: "GET /assets/{hash}/{name}", who: "anyone", summary: "scripts and style of the pages" },
    ],
  },
  {
    name: "Operation",
    isAside: true,
    endpoints: [
      {
        on: "GET /api/v1/operator/reconciliation",
        who: "operator",
        summary: "what the chain has against what the ledger says",
      },
      { on: "GET /api/v1/operator/sales/codes", who: "operator", summary: "whether codes are sold" },
      { on: "GET /api/v1/operator/sales/{product}", who: "operator", summary: "whether `texts` or `lines` are sold" },
      {
        on: "PUT /api/v1/operator/sales/{product}",
        who: "operator",
        summary: "stops the sale of `codes`, `texts` or `lines` at once",
        body: SALE_SWITCH,
      },
      {
        on: "GET /api/v1/operator/audit",
        who: "operator",
        summary: "what the operator did, and what his rules refused",
        query: PAGING,
      },
      {
        on: "GET /api/v1/operator/margins",
        who: "operator",
        summary: "what was charged and what carriers took, by product and country",
        query: SPAN,
      },
      {
        on: "POST /api/v1/carrier/{name}/{what}",
        who: "carrier",
        summary: "what the carrier tells us, by its own signature",
      },
      { on: "POST /api/v1/carrier/{name}/{what}/{reference}", who: "carrier", summary: "the same of one text" },
      { on: "GET /healthz", who: "anyone", summary: "alive" },
      { on: "GET /readyz", who: "anyone", summary: "able to work: database, index, chain" },
      { on: "GET /metrics", who: "anyone", summary: "Prometheus" },
    ],
  },
];
