import { erc20Abi } from "viem";
import { afterAll, beforeAll, expect, it } from "vitest";
import { payerNo, USDC } from "../indexer/base.ts";
import { query } from "../indexer/rows.ts";
import { fetchV1, fetchV2, startTill, type Till } from "./till.ts";

/** Receives what it pays: an operator who tries out his till with no second wallet, as seed 001 does. */
const house = payerNo(1);

let till: Till;
beforeAll(async () => {
  till = await startTill({ payTo: house.address });
});
afterAll(() => till?.stop());

const held = () => {
  const { client } = till.onBase;
  const read = { address: USDC.address, abi: erc20Abi, functionName: "balanceOf", args: [house.address] } as const;
  return client.readContract(read);
};

it.each([
  ["x402-fetch 1.2.0", () => fetchV1(house, till.onBase.rpcUrl)],
  ["@x402/fetch 2.27", () => fetchV2(house)],
])(
  "a payment to oneself with %s leaves Circle's USDC as it was, is indexed, and is a top-up like any other",
  async (_, clientOf) => {
    const before = await held();
    const answer = await clientOf()(`${till.url}/api/v1/x402/topup`, { method: "POST" });
    const body = (await answer.json()) as Record<string, unknown>;
    expect([answer.status, body.balance_usd], JSON.stringify(body)).toEqual([200, 5]);
    expect(await held()).toBe(before);
    const text =
      "select payer, amount, nonce is not null as is_authorized from onchain.settlement order by block_number desc limit 1";
    await expect
      .poll(() => query(till.databaseUrl, text))
      .toEqual([{ payer: house.address.toLowerCase(), amount: "5000000", is_authorized: true }]);
    const spent = await fetch(`${till.url}/api/v1/balance`, { headers: { "X-API-Key": String(body.api_key) } });
    expect(await spent.json()).toMatchObject({ balance_usd: 5 });
  },
);
