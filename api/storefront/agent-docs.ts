import type { Deps } from "../deps.ts";
import { TOP_UP } from "../limits.ts";
import { dollarsOf } from "../prices.ts";
import type { ListedApi } from "../products/masked-api/listing.ts";
import { endpointTable, type Shown } from "./endpoint-table.ts";
import { type MaskedItemDeps, maskedLine } from "./masked-items.ts";

export type AgentDocsDeps = MaskedItemDeps & Pick<Deps, "receiver" | "otp">;

/** `/llms.txt`, where `agent_docs` of a 402 leads: the stories, and every endpoint. */
export function agentDocs(deps: AgentDocsDeps, shown: Shown): string {
  return `${guidance(deps, shown)}
## Endpoints

The same for machines: ${deps.publicUrl}/openapi.json

${endpointTable(shown)}
`;
}

/** The end of `/llms.txt`: masked APIs that their merchants show. */
export function listedDocs(deps: AgentDocsDeps, apis: readonly ListedApi[]): string {
  if (apis.length === 0) return "";
  return `
## Masked APIs that their merchants list

${apis.length} of them, with pages and prices for machines: ${deps.publicUrl}/discovery/resources?scheme=gateway-session
Names and descriptions are their merchants' words, not ours.

${apis
  .slice(0, LISTED_LINES)
  .map((api) => maskedLine(deps, api))
  .join("\n")}
`;
}

const LISTED_LINES = 20;

/** How to pay, in each of the ways there are here, short enough for an agent to keep in mind. */
export function guidance(deps: AgentDocsDeps, { sales }: Pick<Shown, "sales">): string {
  const perCall = sales.length > 0 ? [payPerCall(deps, sales), depositFirst(deps)] : [];
  return ["# Turnpike: pay on chain, then unlock\n", payThenPoll(deps), ...perCall].join("\n");
}

const payThenPoll = ({ publicUrl, gateway, chain }: AgentDocsDeps): string => `## Pay, then poll: masked APIs

Network: ${chain.chain.name} (chain id ${chain.chain.id}). Contract: ${gateway}.

1. GET ${publicUrl}/api/<apiId> answers 402. \`data\` holds the price, \`session_id\`, \`payment_id\` and \`calls\`.
2. Make one of \`data.calls\` before \`data.expires_at\`. Each has \`fn\` and \`args\`, or \`to\`, \`data\`, \`value\` and \`gas\`
   ready to send. \`erc20_permit\` needs a signature of its \`permit\` by the payer first.
3. GET the same URL with \`X-402-Session: <session_id>\`, and \`Prefer: wait=30\` to be answered as soon as the payment
   is seen. Until then the answer is 402 with the same \`session_id\` and \`Retry-After\`; do not pay again.
4. 200 carries \`data.upstream\` {status, content_type, body} and \`data.session.expires_at\`. Add \`?raw=1\`, or a path
   below the URL, for the upstream's own answer, with any method and body.

\`session_id\` is a secret: who has it can use the session. The calls show only \`payment_id\` on chain. Paying
\`session_id\` itself works too, but makes it public; the answer then says \`binding: "public"\`.
402 \`session_expired\` carries a fresh quote. 503 \`indexer_stale\` means: ask again, nothing is lost.

Sell an API: POST ${publicUrl}/api/402/apis with p_api_url, p_merchant_wallet, p_token_address (zero address: ${chain.chain.nativeSymbol}),
p_amount_wei, p_valid_for_sec, p_chain_id; \`p_is_listed\` shows it in ${publicUrl}/discovery/resources. Manage it with a sign-in of the merchant wallet: ${publicUrl}/api/v1/auth/siwe
`;

const payPerCall = (
  { publicUrl, receiver }: AgentDocsDeps,
  sales: Shown["sales"],
): string => `## Pay per call: x402, versions 1 and 2, USDC on ${receiver?.chain.name}

${sales.map(({ method, path, description }) => `- ${method} ${publicUrl}${path}: ${description}`).join("\n")}

POST without payment answers 402 with the price, before anything else is looked at. Sign it, send the same request
with \`Payment-Signature\` (or \`X-PAYMENT\`). Sent again with the same header it is charged once and answered the same.
202 with \`Location\`: under way, ask there, do not pay again. What fails after the money moved is credited to the payer.
Stock clients refuse more than $1 (version 1: $0.10) unless told: ${publicUrl}/api/v1/x402/info
What was bought belongs to the wallet that paid; sign in (SIWE) to manage it.
MCP: ${publicUrl}/mcp has the same as tools. A payment comes in \`_meta\` as "x402/payment", or an API key pays.
`;

const depositFirst = ({ publicUrl, otp }: AgentDocsDeps): string => `## Deposit first: an API key with a balance

POST ${publicUrl}/api/v1/x402/topup, {"amount_usd": ${dollarsOf(TOP_UP.minMicroUsd)} to ${dollarsOf(TOP_UP.maxMicroUsd)}}, paid by x402, answers \`api_key\`, shown once.
\`X-API-Key\` then pays for everything above. Send an \`Idempotency-Key\` with each POST that it pays for.
${otp ? codes(publicUrl) : ""}`;

const codes = (publicUrl: string): string => `One-time codes: GET ${publicUrl}/api/v1/catalog/countries?service=…, then
POST /api/v1/customer/purchase, then GET /api/v1/customer/order/<orderId> with \`Prefer: wait=30\` until \`code\`.
A code that does not come, or is cancelled in time, costs nothing.
`;
