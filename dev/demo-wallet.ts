import { createPublicClient, erc20Abi, formatUnits, type LocalAccount } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { anvilHttp } from "./anvil-http.ts";
import type { DevJson } from "./dev-json.ts";
import { outcomeOf, payingFetch, payingFetchV1 } from "./paid-fetch.ts";
import { type Answer, ask, JSON_TYPE, step, watched } from "./watched.ts";

/** The demo's payer, as an agent that knows an origin and has a wallet. */
export type DemoWallet = {
  readonly api: string;
  readonly account: LocalAccount;
  /** Posts, pays what the 402 asks for with a stock client, and returns what came of it. @throws Error when it was not sold */
  buy(path: string, body?: Answer): Promise<Answer>;
  /** A bearer token. */
  signIn(): Promise<string>;
  /** In dollars. */
  usdc(): Promise<string>;
};

/** @throws Error with a sentence for a person */
export function demoWallet({ api, chains, keys }: DevJson, isV1: boolean): DemoWallet {
  const base = chains["8453"];
  if (!base || !keys) throw new Error("the running Turnpike takes real money and has no demo payer");
  const account = privateKeyToAccount(keys.payer);
  const client = createPublicClient({ transport: anvilHttp(base.rpc) });
  const balance = { address: base.usdc, abi: erc20Abi, functionName: "balanceOf", args: [account.address] } as const;
  const paidFetch = (isV1 ? payingFetchV1 : payingFetch)(account, watched);
  const bearer = () => signIn(api, account);
  return {
    api,
    account,
    signIn: bearer,
    usdc: async () => formatUnits(await client.readContract(balance), 6),
    buy: async (path, body) => {
      const given = body ? { headers: JSON_TYPE, body: JSON.stringify(body) } : {};
      const response = await paidFetch(api + path, { method: "POST", ...given });
      // What is told later than at once is told to the payer alone.
      const headers = response.status === 202 ? { Authorization: `Bearer ${await bearer()}` } : {};
      const outcome = await outcomeOf(response, (url) => watched(url, { headers }));
      step("", JSON.stringify(outcome.body));
      if (!outcome.ok) throw new Error(`${path} was not sold`);
      return outcome.body;
    },
  };
}

/** Who asks, in words. */
export const introduced = async ({ api, account, usdc }: DemoWallet, isV1: boolean): Promise<string> =>
  [
    `The agent is ${account.address}; it knows ${api} and has ${await usdc()} USDC on Base.`,
    `It pays with ${isV1 ? "x402-fetch 1.2.0 (x402 v1)" : "@x402/fetch 2.27 (x402 v2)"}, as published.`,
  ].join("\n");

async function signIn(api: string, account: LocalAccount): Promise<string> {
  const { message } = await ask(`${api}/api/v1/auth/siwe?address=${account.address}&chainId=8453`);
  const signature = await account.signMessage({ message: String(message) });
  const body = JSON.stringify({ message, signature });
  const { token } = await ask(`${api}/api/v1/auth/siwe`, { method: "POST", headers: JSON_TYPE, body });
  return String(token);
}
