import { decodePaymentResponseHeader } from "@x402/core/http";
import type { PaymentRequirements } from "@x402/core/types";
import { ExactEvmScheme } from "@x402/evm/exact/client";
import { appendPaymentIdentifierToExtensions } from "@x402/extensions/payment-identifier";
import { wrapFetchWithPayment, x402Client } from "@x402/fetch";
import type { Hex } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { usdcAbi } from "../../contracts/abi.ts";
import { quoteOf } from "../api/x402/counter.ts";
import { headerV2, type Signed, signed } from "../api/x402/payer.ts";
import { GREETING, KEY, PRICE } from "../api/x402/sales.ts";
import { carried, payerNo, send, USDC } from "../indexer/base.ts";
import { post, startTill, type Till } from "./till.ts";

let till: Till;
beforeAll(async () => {
  till = await startTill();
});
afterAll(() => till?.stop());

const received = async () =>
  (await till.onBase.client.readContract({
    ...{ address: USDC.address, abi: usdcAbi, functionName: "balanceOf" },
    args: [till.onBase.receiver.address],
  })) as bigint;

async function paymentFor(path: string): Promise<{ accepted: PaymentRequirements; signed: Signed }> {
  const { status, headers } = await fetch(till.url + path, { method: "POST" });
  const accepted = quoteOf({ status, headers, text: "", body: undefined });
  return { accepted, signed: await signed(accepted, { payer: payerNo(1), nowSec: Math.floor(Date.now() / 1000) }) };
}

const sending = (accepted: PaymentRequirements, payment: Signed): RequestInit => {
  const { headers, ...rest } = post({ name: "ada" });
  return { ...rest, headers: { ...(headers as Record<string, string>), ...headerV2(accepted, payment) } };
};

/** Anybody can read it from a mined transaction. */
const onChain = ({ authorization, signature }: Signed) => ({
  from: authorization.from,
  value: BigInt(authorization.value),
  validAfter: BigInt(authorization.validAfter),
  validBefore: BigInt(authorization.validBefore),
  nonce: authorization.nonce,
  signature,
});

describe("on a real chain, through the real index", () => {
  it("T1: twenty copies at two processes are one payment and twenty equal answers", async () => {
    const other = await till.sibling();
    const before = await received();
    const { effects } = till.sales;
    const done = effects.length;
    const { accepted, signed: payment } = await paymentFor(GREETING);
    const copies = Array.from({ length: 20 }, async (_, copy) => {
      const response = await fetch((copy % 2 ? other.url : till.url) + GREETING, sending(accepted, payment));
      return `${response.status} ${await response.text()}`;
    });
    expect(new Set(await Promise.all(copies))).toEqual(new Set(['200 {"success":true,"greeting":"hello ada"}']));
    expect(await received()).toBe(before + PRICE);
    expect(effects.length - done).toBe(1);
  });

  it("T8: what a stranger carried to the chain first buys all the same", async () => {
    const before = await received();
    const { accepted, signed: payment } = await paymentFor(GREETING);
    const receipt = await send(till.onBase, USDC.address, carried(till.onBase, onChain(payment)));
    const response = await fetch(till.url + GREETING, sending(accepted, payment));
    expect([response.status, await response.json()]).toEqual([200, { success: true, greeting: "hello ada" }]);
    const told = decodePaymentResponseHeader(response.headers.get("payment-response") as string);
    expect(told.transaction).toBe(receipt.transactionHash);
    expect(await received()).toBe(before + PRICE);
  });

  it("T17: a header rebuilt from calldata reads no secret; the stock client that named its purchase does", async () => {
    const seen: Request[] = [];
    const spying = ((input: Request) => {
      seen.push(input.clone());
      return fetch(input);
    }) as typeof fetch;
    const client = new x402Client().register("eip155:*", new ExactEvmScheme(payerNo(2)));
    const id = `purchase-${crypto.randomUUID()}`;
    client.onBeforePaymentCreation(async ({ paymentRequired }) => {
      appendPaymentIdentifierToExtensions(paymentRequired.extensions ?? {}, id);
    });
    const before = await received();
    const paid = wrapFetchWithPayment(spying, client);
    const first = (await (await paid(till.url + KEY, post({ name: "ada" }))).json()) as { api_key: string };
    expect(first.api_key).toMatch(/^secret-of-/);
    const again = await (await paid(till.url + KEY, post({ name: "ada" }))).json();
    expect(again).toEqual(first);
    expect(await received()).toBe(before + PRICE);

    const header = seen[1]?.headers.get("payment-signature") as string;
    const { accepted, payload } = JSON.parse(Buffer.from(header, "base64").toString());
    // A minute later.
    const { pool } = till.server.deps.db;
    await pool.query("update app.x402_order set created_at = created_at - interval '61 seconds'");
    const rebuilt = await fetch(till.url + KEY, sending(accepted, payload as Signed));
    const told = (await rebuilt.json()) as { withheld: string[] };
    expect([rebuilt.status, told.withheld]).toEqual([200, ["api_key"]]);
    expect(JSON.stringify(told)).not.toContain(first.api_key);
  });

  it("a payment from the chain's past, found nowhere here, is its payer's alone once it is over", async () => {
    const { accepted } = await paymentFor(GREETING);
    const { timestamp } = await till.onBase.client.getBlock();
    const late = await signed(accepted, { payer: payerNo(3), nowSec: Number(timestamp), validForSec: 4 });
    await send(till.onBase, USDC.address, carried(till.onBase, onChain(late)));
    await expect.poll(() => Date.now() / 1000 > Number(late.authorization.validBefore), { timeout: 20_000 }).toBe(true);
    const ask = async (authorization?: string) => {
      const init = sending(accepted, late);
      const headers = { ...(init.headers as Record<string, string>), ...(authorization && { authorization }) };
      return fetch(till.url + GREETING, { ...init, headers });
    };
    await expect.poll(async () => (await ask()).status, { timeout: 20_000 }).toBe(409);
    const answer = await ask(await signIn(payerNo(3)));
    expect([answer.status, await answer.json()]).toEqual([200, { success: true, greeting: "hello ada" }]);
  });
});

async function signIn(payer: ReturnType<typeof payerNo>): Promise<string> {
  const issued = await fetch(`${till.url}/api/v1/auth/siwe?address=${payer.address}&chainId=8453`);
  const { message } = (await issued.json()) as { message: string };
  const signature: Hex = await payer.signMessage({ message });
  const answer = await fetch(`${till.url}/api/v1/auth/siwe`, post({ message, signature }));
  return `Bearer ${((await answer.json()) as { token: string }).token}`;
}
