import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseEther } from "viem";
import { avalanche } from "../contracts/chains.ts";
import { merchant } from "./accounts.ts";
import { writeAtomically } from "./atomic-file.ts";
import type { DemoApiIds } from "./dev-json.ts";

type Shop = { home: string; apiUrl: string; upstreamUrl: string };

const VALID_FOR_SEC = 300;

const offers = {
  avax: { name: "Demo quote, paid in AVAX", path: "/quote", token: "AVAX", amountWei: parseEther("0.01") },
  erc20: { name: "Demo echo, paid in ARENA by approve", path: "/echo", token: "ARENA", amountWei: parseEther("5") },
  permit: { name: "Demo text, paid in ARENA by permit", path: "/text", token: "ARENA", amountWei: parseEther("3") },
} as const;

/** The three demo APIs: created once through the API itself, then kept as long as it still knows them. */
export async function demoApis(shop: Shop): Promise<DemoApiIds> {
  const file = path.join(shop.home, "demo-apis.json");
  const kept: Partial<DemoApiIds> & { upstreamUrl?: string } = existsSync(file)
    ? JSON.parse(readFileSync(file, "utf8"))
    : {};
  const known = kept.upstreamUrl === shop.upstreamUrl ? kept : {};
  const ids: DemoApiIds = {
    avax: await keptOrNew(shop, "avax", known.avax),
    erc20: await keptOrNew(shop, "erc20", known.erc20),
    permit: await keptOrNew(shop, "permit", known.permit),
  };
  await writeAtomically(file, JSON.stringify({ upstreamUrl: shop.upstreamUrl, ...ids }));
  return ids;
}

async function keptOrNew(shop: Shop, which: keyof typeof offers, id: string | undefined): Promise<string> {
  if (id && (await fetch(`${shop.apiUrl}/api/${id}`)).status === 402) return id;
  const { name, path: upstreamPath, token, amountWei } = offers[which];
  const response = await fetch(`${shop.apiUrl}/api/402/apis`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      p_name: name,
      p_api_url: shop.upstreamUrl + upstreamPath,
      p_merchant_wallet: merchant.address,
      p_token_address: avalanche.tokens[token],
      p_amount_wei: amountWei.toString(),
      p_valid_for_sec: VALID_FOR_SEC,
      p_chain_id: avalanche.id,
    }),
  });
  const answer = (await response.json()) as { apiId?: string };
  if (!answer.apiId) throw new Error(`the API refused the demo API "${name}": ${JSON.stringify(answer)}`);
  return answer.apiId;
}
