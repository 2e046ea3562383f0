import { decodeFunctionData, type Hex } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { usdcAbi } from "../../contracts/abi.ts";
import { headerV1 } from "../api/x402/payer.ts";
import { authorize, carried, payerNo, send, USDC } from "../indexer/base.ts";
import { fetchV2, startTill, type Till } from "./till.ts";

let till: Till;
beforeAll(async () => {
  till = await startTill();
});
afterAll(() => till?.stop());

const [victim, thief] = [payerNo(1), payerNo(2)];

type Body = Record<string, unknown>;

/** Sends the header that anybody can put together from a transaction's input. */
async function replay(input: Hex, headers: Record<string, string> = {}) {
  const { args } = decodeFunctionData({ abi: usdcAbi, data: input });
  const [from, to, value, validAfter, validBefore, nonce, signature] = args as unknown as [
    ...[Hex, Hex, bigint, bigint, bigint, Hex, Hex],
  ];
  const times = { validAfter: String(validAfter), validBefore: String(validBefore) };
  const payment = headerV1({ authorization: { from, to, value: String(value), nonce, ...times }, signature });
  const url = `${till.url}/api/v1/x402/topup`;
  const answer = await fetch(url, { method: "POST", headers: { ...payment, ...headers } });
  return { status: answer.status, body: (await answer.json()) as Body };
}

async function topUp(payer: typeof victim): Promise<Body> {
  const answer = await fetchV2(payer)(`${till.url}/api/v1/x402/topup`, { method: "POST" });
  const body = (await answer.json()) as Body;
  expect(answer.status, JSON.stringify(body)).toBe(200);
  return body;
}

describe("a top-up's header, put together from what everybody reads on the chain", () => {
  it("is told everything but the key, in the very block that it was settled in", async () => {
    const { order_id } = await topUp(victim);
    const { transaction } = (await (await fetch(`${till.url}/api/v1/orders/${order_id}`)).json()) as Body;
    const { input } = await till.onBase.client.getTransaction({ hash: transaction as Hex });
    const thiefs = { "X-API-Key": String((await topUp(thief)).api_key) };
    for (const headers of [{}, thiefs]) {
      const { status, body } = await replay(input, headers);
      expect([status, body.order_id, body.withheld]).toEqual([200, order_id, ["api_key"]]);
      expect(JSON.stringify(body)).not.toContain("tpk_");
    }
  });

  it("directs no payment that its payer carried to the chain himself, in a block or on its way into one", async () => {
    const { client } = till.onBase;
    const thiefs = { "X-API-Key": String((await topUp(thief)).api_key) };
    const { timestamp } = await client.getBlock();
    const signed = async () =>
      carried(till.onBase, await authorize(till.onBase, { amount: 5_000_000n, validBefore: timestamp + 600n }));
    const mined = await signed();
    await send(till.onBase, USDC.address, mined);
    await client.setAutomine(false);
    const waiting = await signed();
    await client.sendTransaction({ to: USDC.address, data: waiting, chain: null });
    for (const input of [mined, waiting])
      for (const headers of [{}, thiefs]) {
        const { status, body } = await replay(input, headers);
        expect([status, body.error]).toEqual([409, "payment_settled"]);
      }
    await client.setAutomine(true);
    await client.mine({ blocks: 1 });
  });
});
