import type { Address, Hex } from "viem";
import type { TestChain } from "../indexer/chain.ts";

type Call = { to: Address; data: Hex; value?: string; gas: number | string };

export type Quote = {
  session_id: Hex;
  payment_id: Hex;
  amount_wei: string;
  merchant_wallet: Address;
  token_address: Address;
  contract: Address;
  status: string;
  calls: {
    native?: Call;
    erc20_approve_then_pay?: { approve: Call; payFor: Call };
    erc20_permit?: Record<string, unknown>;
  };
};

export type Answer = {
  status: number;
  headers: Headers;
  // The envelope's parts are what the tests look at; a schema here would only say them twice.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  body: any;
};

/** GET that reads the envelope, with the session's header when there is one. */
export async function call(url: string, sessionId?: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(url, { headers: { ...(sessionId ? { "X-402-Session": sessionId } : {}), ...headers } });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

export async function quote(url: string): Promise<Quote> {
  const { status, body } = await call(url);
  if (status !== 402) throw new Error(`expected 402, got ${status}: ${JSON.stringify(body)}`);
  return body.data;
}

/** Waits, as the 402's `next` says, until the payment has been seen. */
export function unlocked(url: string, sessionId: string): Promise<Answer> {
  return call(url, sessionId, { Prefer: "wait=30" });
}

/** Sends one of the 402's calls as it stands: target, calldata, value and gas limit. */
export async function send({ client }: Pick<TestChain, "client">, described: Call) {
  const { to, data, value, gas } = described;
  const hash = await client.sendTransaction({ to, data, value: BigInt(value ?? 0), gas: BigInt(gas), chain: null });
  const receipt = await client.waitForTransactionReceipt({ hash });
  if (receipt.status !== "success") throw new Error(`the described call reverted: ${hash}`);
  return receipt;
}

export type Listing = {
  api_url: string;
  merchant: Address;
  token?: Address;
  amountWei?: string;
  validForSec?: number;
  headers?: Record<string, string>;
};

/** Puts an API behind the gate and returns its masked URL. */
export async function mask(origin: string, listing: Listing): Promise<string> {
  const response = await fetch(`${origin}/api/402/apis`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      p_name: "Flow",
      p_api_url: listing.api_url,
      p_merchant_wallet: listing.merchant,
      p_token_address: listing.token ?? "0x0000000000000000000000000000000000000000",
      p_amount_wei: listing.amountWei ?? "100000000000000000",
      p_valid_for_sec: listing.validForSec ?? 300,
      p_chain_id: 43114,
      p_fee_bps_snapshot: 100,
      ...(listing.headers && { p_upstream_headers: listing.headers }),
    }),
  });
  const body = (await response.json()) as { apiId: string };
  if (response.status !== 200) throw new Error(`listing failed: ${response.status} ${JSON.stringify(body)}`);
  return `${origin}/api/${body.apiId}`;
}
