import { x402Client } from "@x402/core/client";
import { ExactEvmScheme } from "@x402/evm/exact/client";
import { wrapFetchWithPayment } from "@x402/fetch";
import { http, type LocalAccount } from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { installUsdc } from "../../dev/usdc.ts";

export type Payer = { readonly account: LocalAccount; pay(url: string, body?: unknown): Promise<Paid> };

/** How one payment went: from the first request, its 402 included, to the good answer. */
export type Paid = { ok: boolean; status: number; ms: number };

const ENOUGH = 1_000_000_000n;
/** Far from the accounts that play other parts. */
const FIRST_INDEX = 1_000;

/** Stock clients, each with a wallet of its own that holds USDC. */
export async function fundedPayers(rpcUrl: string, count: number): Promise<Payer[]> {
  const usdc = await installUsdc({ transport: http(rpcUrl), mode: "anvil" });
  const accounts = Array.from({ length: count }, (_, i) =>
    mnemonicToAccount("test test test test test test test test test test test junk", { addressIndex: FIRST_INDEX + i }),
  );
  // One after another: all come from the issuer's account.
  for (const { address } of accounts) await usdc.mint(address, ENOUGH);
  return accounts.map((account) => {
    const client = x402Client.fromConfig({ schemes: [{ network: "eip155:*", client: new ExactEvmScheme(account) }] });
    const paidFetch = wrapFetchWithPayment(fetch, client);
    return { account, pay: (url, body) => timed(() => paidFetch(url, post(body))) };
  });
}

const post = (body: unknown): RequestInit =>
  body === undefined
    ? { method: "POST" }
    : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };

async function timed(send: () => Promise<Response>): Promise<Paid> {
  const startMs = performance.now();
  try {
    const answer = await send();
    await answer.arrayBuffer();
    return { ok: answer.status === 200, status: answer.status, ms: performance.now() - startMs };
  } catch {
    return { ok: false, status: 0, ms: performance.now() - startMs };
  }
}
