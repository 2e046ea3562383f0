import { setTimeout as pause } from "node:timers/promises";
import { ExactEvmScheme } from "@x402/evm/exact/client";
import { wrapFetchWithPayment, x402Client } from "@x402/fetch";
import type { LocalAccount } from "viem";
import { wrapFetchWithPayment as wrapFetchWithPaymentV1 } from "x402-fetch";

export type PaidFetch = (url: string, init: RequestInit) => Promise<Response>;

/** The most that one call may cost. The packages' own limits, $1 and $0.10, are below the price of a line. */
const MOST = { v2: "$150", v1: 150_000_000n } as const;

/** `fetch` that pays a 402 and asks again, by the stock client of x402 v2. */
export function payingFetch(account: LocalAccount, fetch: typeof globalThis.fetch): PaidFetch {
  const client = new x402Client()
    .register("eip155:*", new ExactEvmScheme(account))
    .setSpendControls({ maxAmountPerPayment: MOST.v2 });
  return wrapFetchWithPayment(fetch, client);
}

/** The same by the stock client of x402 v1. */
export const payingFetchV1 = (account: LocalAccount, fetch: typeof globalThis.fetch): PaidFetch =>
  wrapFetchWithPaymentV1(fetch, account as never, MOST.v1);

export type Outcome = { ok: boolean; body: Record<string, unknown> };

/** What came of a paid call. 202: the payment is under way; its order tells the rest, and nothing is paid again. */
export async function outcomeOf(response: Response, fetch: typeof globalThis.fetch): Promise<Outcome> {
  const location = response.headers.get("location");
  if (response.status !== 202 || !location)
    return { ok: response.ok, body: (await response.json()) as Outcome["body"] };
  for (;;) {
    await pause(Number(response.headers.get("retry-after")) * 1_000);
    const order = (await (await fetch(location)).json()) as Outcome["body"];
    if (order.status === "fulfilled") return { ok: true, body: order.answer as Outcome["body"] };
    if (order.status !== "settling" && order.status !== "settled") return { ok: false, body: order };
  }
}
