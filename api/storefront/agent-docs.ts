import type { Deps } from "../deps.ts";

/** What `agent_docs` of a 402 points at: how to pay and unlock, for a reader that is a program. */
export function agentDocs({ publicUrl, gateway, chain }: Pick<Deps, "publicUrl" | "gateway" | "chain">): string {
  return `# Turnpike: pay on chain, then unlock

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
p_amount_wei, p_valid_for_sec, p_chain_id. Manage it with a sign-in of the merchant wallet: ${publicUrl}/api/v1/auth/siwe
`;
}
