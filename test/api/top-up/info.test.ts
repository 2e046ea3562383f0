import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OtpOffer, OtpProvider } from "../../../api/providers/otp.ts";
import { createWorld } from "../../world.ts";
import { RECEIVER } from "../x402/counter.ts";
import { FakeFacilitator } from "../x402/fake-facilitator.ts";
import { openTill, type Till } from "./till.ts";

const INFO = "/api/v1/x402/info";

let till: Till;
beforeAll(async () => {
  till = await openTill({ PHONE_CARRIER: "sandbox", PROVIDER_NAME: "VirtualSMS" });
});
afterAll(() => till?.world.close());

describe("GET /api/v1/x402/info", () => {
  it("tells where and in what is paid, the same as a 402 asks for", async () => {
    const { status, body } = await till.world.ask(INFO);
    expect(status).toBe(200);
    expect(body).toMatchObject({ success: true, provider: "VirtualSMS", x402_versions: [1, 2] });
    const { accepted } = await till.signTopUp();
    const { asset, payTo, network, extra } = accepted;
    const v1 = (await till.ask402()).body.accepts[0];
    expect(body.networks).toEqual([
      {
        ...{ network, v1_network: v1.network, chain_id: 8453, scheme: "exact", token: v1.token },
        ...{ asset, decimals: 6, pay_to: payTo, extra },
      },
    ]);
    expect(payTo).toBe(RECEIVER);
  });

  it("tells the limits of a top-up, and its limits are those that hold", async () => {
    const { topup } = (await till.world.ask(INFO)).body;
    expect(topup).toMatchObject({ method: "POST", min_usd: 2, default_usd: 5, max_usd: 10_000 });
    expect(topup.url).toBe(`${till.world.url}/api/v1/x402/topup`);
    for (const amount_usd of [topup.min_usd, topup.max_usd])
      expect((await till.ask402({ amount_usd })).status).toBe(402);
    for (const amount_usd of [topup.min_usd - 0.01, topup.max_usd + 0.01])
      expect((await till.ask402({ amount_usd })).status).toBe(400);
  });

  it("tells what is sold per call, and the least that something costs", async () => {
    const { per_call, price_floors } = (await till.world.ask(INFO)).body;
    const url = `${till.world.url}/api/v1/sms/send`;
    expect(per_call).toContainEqual({
      ...{ item: "sms.send", method: "POST", url, price_usd: 0.05, ways_to_pay: ["x402", "balance"] },
    });
    expect(per_call.map(({ item }: { item: string }) => item)).not.toContain("balance.topup");
    expect(price_floors).toEqual({ topup_usd: 2, per_call_usd: 0.05, code_usd: null });
  });

  it("tells how stock clients are allowed to pay more", async () => {
    const { raise_client_limits } = (await till.world.ask(INFO)).body;
    expect(raise_client_limits["x402-fetch"]).toContain("wrapFetchWithPayment(fetch, account, ");
    expect(raise_client_limits["@x402/fetch"]).toContain("setSpendControls");
  });
});

describe("GET /api/v1/x402/info, where one-time codes are sold", () => {
  const offer = (costMicroUsd: bigint, stock: number): OtpOffer => ({
    service: "discord",
    country: "id",
    costMicroUsd,
    stock,
  });

  it("tells from how much, with the margin and only of what is in stock, and nothing while the supplier is away", async () => {
    let offers: () => Promise<readonly OtpOffer[]> = async () => [
      offer(10_000n, 0),
      offer(70_000n, 3),
      offer(90_000n, 5),
    ];
    const otp = { catalog: { services: [], countries: [] }, offers: () => offers(), close: async () => {} };
    const receiver = { BASE_RPC_URL: "http://127.0.0.1:1", RECEIVER_ADDRESS: RECEIVER, RECEIVER_START_BLOCK: "1" };
    const world = await createWorld({ ...receiver, SETTLER_KEY: "11".repeat(32) }, ({ indexed }) => ({
      facilitator: new FakeFacilitator(indexed),
      otp: otp as unknown as OtpProvider,
    }));
    const floor = async () => (await world.ask(INFO)).body.price_floors.code_usd;
    expect(await floor()).toBe(0.07);
    offers = () => Promise.reject(new Error("away"));
    expect(await floor()).toBeNull();
    await world.close();
  });
});

describe("where no money is taken", () => {
  it("is a 503 that says so", async () => {
    const world = await createWorld();
    for (const [path, method] of [
      [INFO, "GET"],
      ["/api/v1/x402/topup", "POST"],
      ["/api/v1/credits/top-up", "POST"],
    ] as const) {
      const { status, body } = await world.ask(path, { method });
      expect([path, status, body.error]).toEqual([path, 503, "not_offered"]);
    }
    await world.close();
  });
});
