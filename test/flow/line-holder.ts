import { createPublicClient, erc20Abi } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { anvilHttp } from "../../dev/anvil-http.ts";
import type { DevJson } from "../../dev/dev-json.ts";
import { type Outcome, outcomeOf, type PaidFetch, payingFetch } from "../../dev/paid-fetch.ts";

/** Somebody with USDC on the local Base who buys lines and texts, by what dev.json tells. */
export type LineHolder = {
  readonly address: `0x${string}`;
  /** Pays for what it asks for, where a price is asked. */
  readonly paidFetch: PaidFetch;
  signIn(): Promise<Record<string, string>>;
  /** The numbers of the lines that the signed-in wallet holds. */
  lines(): Promise<string[]>;
};

const JSON_TYPE = { "Content-Type": "application/json" };

export function lineHolder({ api, keys }: DevJson, name: "payer" | "stranger", fetched = fetch): LineHolder {
  const account = privateKeyToAccount(keys?.[name] as `0x${string}`);
  const signIn = async () => {
    const asked = await fetched(`${api}/api/v1/auth/siwe?address=${account.address}&chainId=8453`);
    const { message } = (await asked.json()) as { message: string };
    const body = JSON.stringify({ message, signature: await account.signMessage({ message }) });
    const answer = await fetched(`${api}/api/v1/auth/siwe`, { method: "POST", headers: JSON_TYPE, body });
    const { token } = (await answer.json()) as { token: string };
    return { Authorization: `Bearer ${token}` };
  };
  return {
    address: account.address,
    paidFetch: payingFetch(account, fetched),
    signIn,
    lines: async () => {
      const answer = await fetched(`${api}/api/v1/numbers/mine`, { headers: await signIn() });
      const { numbers } = (await answer.json()) as { numbers: { phoneNumber: string }[] };
      return numbers.map(({ phoneNumber }) => phoneNumber);
    },
  };
}

/** One text from the pool, sent and paid for by whoever `paidFetch` is. */
export async function sendText(paidFetch: PaidFetch, { api }: DevJson, message: string): Promise<Outcome> {
  const body = JSON.stringify({ to: "+12125550123", message });
  return outcomeOf(await paidFetch(`${api}/api/v1/sms/send`, { method: "POST", headers: JSON_TYPE, body }), fetch);
}

/** In 1e-6 USDC. */
export async function receivedUsdc({ chains }: DevJson): Promise<bigint> {
  const { rpc, usdc, receiver } = chains["8453"] as NonNullable<DevJson["chains"]["8453"]>;
  const client = createPublicClient({ transport: anvilHttp(rpc) });
  return client.readContract({ address: usdc, abi: erc20Abi, functionName: "balanceOf", args: [receiver] });
}
