import { decodePaymentResponseHeader } from "@x402/core/http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { usdcAbi } from "../../contracts/abi.ts";
import { GREETING, PRICE } from "../api/x402/sales.ts";
import { payerNo, USDC } from "../indexer/base.ts";
import { fetchV1, fetchV2, post, startTill, type Till } from "./till.ts";

let till: Till;
beforeAll(async () => {
  till = await startTill();
});
afterAll(() => till?.stop());

const received = () =>
  till.onBase.client.readContract({
    address: USDC.address,
    abi: usdcAbi,
    functionName: "balanceOf",
    args: [till.onBase.receiver.address],
  });

describe("a stock client that knows nothing but the URL", () => {
  it("of version 2 pays once and gets what it bought", async () => {
    const before = await received();
    const response = await fetchV2(payerNo(1))(till.url + GREETING, post({ name: "ada" }));
    expect(await response.json()).toEqual({ success: true, greeting: "hello ada" });
    expect(response.status).toBe(200);
    expect(await received()).toBe(before + PRICE);
    const receipt = decodePaymentResponseHeader(response.headers.get("payment-response") as string);
    expect(receipt).toMatchObject({ success: true, network: "eip155:8453", payer: payerNo(1).address.toLowerCase() });
    const { status } = await till.onBase.client.getTransactionReceipt({ hash: receipt.transaction as `0x${string}` });
    expect(status).toBe("success");
  });

  it("of version 1 pays once and gets what it bought", async () => {
    const before = await received();
    const response = await fetchV1(payerNo(2), till.onBase.rpcUrl)(till.url + GREETING, post({ name: "bob" }));
    expect(await response.json()).toEqual({ success: true, greeting: "hello bob" });
    expect(await received()).toBe(before + PRICE);
    const receipt = decodePaymentResponseHeader(response.headers.get("x-payment-response") as string);
    expect(receipt).toMatchObject({ success: true, network: "base" });
  });
});
