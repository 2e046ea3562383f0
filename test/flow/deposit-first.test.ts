import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OtpSupplier, startOtpSupplier } from "../../dev/otp-supplier/server.ts";
import { payerNo } from "../indexer/base.ts";
import { fetchV1, fetchV2, post, startTill, type Till } from "./till.ts";

const CATALOG = path.resolve(import.meta.dirname, "../../dev/otp-catalog.json");

let supplier: OtpSupplier;
let till: Till;
beforeAll(async () => {
  supplier = await startOtpSupplier({ earlyCancelSec: 0 });
  const otp = { OTP_SUPPLIER_URL: supplier.url, OTP_SUPPLIER_KEY: supplier.key, OTP_CATALOG: CATALOG };
  till = await startTill({ env: { ...otp, OPERATOR_TOKEN: "o".repeat(40) } });
});
afterAll(async () => {
  await till?.stop();
  await supplier?.close();
});

type Answer = Record<string, unknown>;

function shopOf(apiKey: unknown) {
  const key = { "X-API-Key": String(apiKey) };
  const told = async (response: Response): Promise<Answer> => {
    const body = (await response.json()) as Answer;
    expect(response.status, JSON.stringify(body)).toBe(200);
    return body;
  };
  return {
    get: async (at: string, headers = {}) => told(await fetch(till.url + at, { headers: { ...key, ...headers } })),
    post: async (at: string, body: unknown = {}) => {
      const { headers, ...init } = post(body);
      return told(await fetch(till.url + at, { ...init, headers: { ...headers, ...key } }));
    },
  };
}

const clients = [
  ["x402-fetch 1.2.0", (n: number) => fetchV1(payerNo(n), till.onBase.rpcUrl), 1],
  ["@x402/fetch 2.27", (n: number) => fetchV2(payerNo(n)), 2],
] as const;

describe.each(clients)("the flow of seed 001 with %s", (_, clientOf, payer) => {
  it("tops up, buys, polls and gets the code; then cancels, and has the balance back to the unit", async () => {
    const paidFetch = clientOf(payer);
    const deposit = await paidFetch(`${till.url}/api/v1/x402/topup`, { method: "POST" });
    const { api_key, balance_usd } = (await deposit.json()) as Answer;
    expect([deposit.status, balance_usd]).toEqual([200, 5]);
    const shop = shopOf(api_key);

    const order = await shop.post("/api/v1/customer/purchase", { service: "discord", country: "id" });
    expect(order.phone_number).toMatch(/^\+62\d+$/);
    const waiting = await shop.get(`/api/v1/customer/order/${order.order_id}`);
    expect(waiting).toMatchObject({ status: "waiting", sms_received: false });
    const [activation] = supplier.activations().slice(-1);
    supplier.deliver(String(activation?.id), "Your Discord code is 482913");
    const received = await shop.get(`/api/v1/customer/order/${order.order_id}`, { Prefer: "wait=30" });
    expect(received).toMatchObject({ sms_received: true, code: "482913", sms_text: "Your Discord code is 482913" });

    const before = await shop.get("/api/v1/balance");
    expect(before.balance_usd).toBe(4.95);
    const other = await shop.post("/api/v1/customer/purchase", { service: "discord", country: "gb" });
    const held = await shop.get("/api/v1/balance");
    expect(Number(held.balance_micro_usd)).toBeLessThan(Number(before.balance_micro_usd));
    await shop.post(`/api/v1/customer/cancel/${other.order_id}`);
    expect(await shop.get("/api/v1/balance")).toEqual(before);
  });
});

it("leaves nothing unexplained: the operator's reconciliation finds no difference", async () => {
  const headers = { Authorization: `Bearer ${"o".repeat(40)}` };
  const answer = await fetch(`${till.url}/api/v1/operator/reconciliation`, { headers });
  const body = (await answer.json()) as Answer;
  expect([answer.status, body.differences]).toEqual([200, []]);
});
