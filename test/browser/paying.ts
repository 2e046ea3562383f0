import { privateKeyToAccount } from "viem/accounts";
import type { DevJson } from "../../dev/dev-json.ts";
import type { Shop } from "./shop.ts";
import type { Visitor } from "./visitor.ts";
import type { Asked } from "./wallet.ts";

type At = Parameters<Shop["visit"]>[0] & { sell?: Record<string, unknown> };

/** A visitor at the page of an API that was just put on sale. */
export async function atPage(shop: Shop, { sell, ...options }: At = {}): Promise<Visitor> {
  const visitor = await shop.visit(options);
  await visitor.open(`/${await shop.sell(sell)}`);
  return visitor;
}

/** Connects and pays; how it ends is for the test to see. */
export async function pay({ press }: Visitor, price = "0.01 AVAX"): Promise<void> {
  await press("Connect wallet");
  await press(`Pay ${price}`);
}

/** Waits for what was paid for; the word alone stands in the list of steps, too. */
export const unlocked = ({ page }: Visitor): Promise<void> =>
  page.getByRole("heading", { name: "Unlocked", exact: true }).waitFor();

const SIGNS = ["personal_sign", "eth_signTypedData_v4", "eth_sendTransaction"];

/** What a visitor's wallet had to sign, in order. */
export const signed = ({ wallet }: Visitor): Asked[] => wallet.asked.filter(({ method }) => SIGNS.includes(method));

/** What only its merchant may do with an API, as a program does it; fields are an edit. */
export async function asMerchant({ dev }: Shop, apiId: string, act: "pause" | "delete" | object): Promise<void> {
  const url = `${dev.api}/api/402/apis/${apiId}${act === "pause" ? "/pause" : ""}`;
  const method = act === "pause" ? "POST" : act === "delete" ? "DELETE" : "PATCH";
  const headers = { ...(await signIn(dev)), "Content-Type": "application/json" };
  const answer = await fetch(url, { method, headers, ...(method === "PATCH" && { body: JSON.stringify(act) }) });
  if (!answer.ok) throw new Error(`${method} ${url}: ${await answer.text()}`);
}

async function signIn({ api, keys }: DevJson): Promise<Record<string, string>> {
  const account = privateKeyToAccount((keys as NonNullable<DevJson["keys"]>).merchant);
  const asked = await fetch(`${api}/api/v1/auth/siwe?address=${account.address}&chainId=43114`);
  const { message } = (await asked.json()) as { message: string };
  const answer = await fetch(`${api}/api/v1/auth/siwe`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ message, signature: await account.signMessage({ message }) }),
  });
  const { token } = (await answer.json()) as { token: string };
  return { Authorization: `Bearer ${token}` };
}
