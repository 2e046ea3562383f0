import { decodePaymentRequiredHeader } from "@x402/core/http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { JSON_TYPE } from "../../world.ts";
import { RECEIVER } from "../x402/counter.ts";
import { openTill, type Till, TOP_UP } from "./till.ts";

let till: Till;
beforeAll(async () => {
  till = await openTill({ PROVIDER_NAME: "VirtualSMS" });
});
afterAll(() => till?.world.close());

const DESCRIPTION = "Top up VirtualSMS API balance — pay $5.00 USDC on base, receive API key + $5.00 balance";
const BASE_USDC = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";

describe("402: a top-up that is not paid", () => {
  it("asks for $5 in version 1, field for field as seed 001 shows, with a MIME type", async () => {
    const { status, body, headers } = await till.ask402();
    expect(status).toBe(402);
    expect(body).toMatchObject({ x402Version: 1, error: "payment_required" });
    expect(body.accepts).toEqual([
      {
        scheme: "exact",
        network: "base",
        token: "USDC",
        maxAmountRequired: "5000000",
        resource: till.world.url + TOP_UP,
        description: DESCRIPTION,
        mimeType: "application/json",
        payTo: RECEIVER,
        maxTimeoutSeconds: 300,
        asset: BASE_USDC,
        outputSchema: {},
        extra: { name: "USD Coin", version: "2" },
      },
    ]);
    expect(headers.get("cache-control")).toBe("no-store");
  });

  it("asks the same in version 2", async () => {
    const { headers } = await till.ask402();
    const asked = decodePaymentRequiredHeader(headers.get("payment-required") as string);
    expect(asked).toMatchObject({
      x402Version: 2,
      resource: { url: till.world.url + TOP_UP, description: DESCRIPTION },
    });
    expect(asked.accepts).toEqual([
      {
        scheme: "exact",
        network: "eip155:8453",
        amount: "5000000",
        asset: BASE_USDC,
        payTo: RECEIVER,
        maxTimeoutSeconds: 300,
        extra: { name: "USD Coin", version: "2" },
      },
    ]);
  });

  it.each([
    ["nothing", undefined, undefined],
    ["an empty body that says it is JSON", "", JSON_TYPE],
    ["no JSON", "{", JSON_TYPE],
    ["a form", "amount_usd=50", { "Content-Type": "application/x-www-form-urlencoded" }],
    ["an empty object", "{}", JSON_TYPE],
  ])("asks for the usual amount for %s", async (_, body, headers) => {
    const answer = await till.world.ask(TOP_UP, {
      method: "POST",
      ...(headers && { headers }),
      ...(body !== undefined && { body }),
    });
    expect([answer.status, answer.body.accepts[0].maxAmountRequired]).toEqual([402, "5000000"]);
  });

  it.each([
    [{ amount_usd: 2 }, "", "2000000"],
    [{ amount_usd: 10_000 }, "", "10000000000"],
    [{ amount_usd: 12.34 }, "", "12340000"],
    [{ amount_usd: 1234.29 }, "", "1234290000"],
    [undefined, "?amount=7.5", "7500000"],
    [undefined, "?amount=2", "2000000"],
    [{ amount_usd: 8 }, "?amount=8.00", "8000000"],
  ])("asks for what is chosen: %j %s", async (body, query, amount) => {
    const answer = await till.ask402(body, query);
    expect([answer.status, answer.body.accepts[0].maxAmountRequired]).toEqual([402, amount]);
    const dollars = (Number(amount) / 1e6).toFixed(2);
    expect(answer.body.accepts[0].description).toContain(
      `pay $${dollars} USDC on base, receive API key + $${dollars} `,
    );
  });

  it("is sold by POST alone", async () => {
    for (const method of ["GET", "HEAD", "PUT"]) expect((await till.world.ask(TOP_UP, { method })).status).toBe(405);
  });
});

describe("400: an amount that cannot be", () => {
  it.each([
    [{ amount_usd: 1.99 }, ""],
    [{ amount_usd: 10_000.01 }, ""],
    [{ amount_usd: 0 }, ""],
    [{ amount_usd: -5 }, ""],
    [{ amount_usd: 5.001 }, ""],
    [{ amount_usd: 1e300 }, ""],
    [{ amount_usd: "5" }, ""],
    [{ amount_usd: null }, ""],
    [{ amount_usd: [5] }, ""],
    [{ amount_usd: true }, ""],
    [undefined, "?amount=1"],
    [undefined, "?amount="],
    [undefined, "?amount=abc"],
    [undefined, "?amount=5e3"],
    [undefined, "?amount=%2B5"],
    [undefined, "?amount=5.001"],
    [undefined, "?amount=5&amount=5"],
    [{ amount_usd: 5 }, "?amount=6"],
    [{ amount: 50 }, ""],
    [{ amount_usd: 5, network: "base" }, ""],
    [[], ""],
    ["5", ""],
    [null, ""],
  ])("names the field and the limits, before anything is paid: %j %s", async (body, query) => {
    const answer = await till.ask402(body, query);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      error: "invalid_field",
      details: { field: expect.any(String), min_usd: 2, default_usd: 5, max_usd: 10_000 },
    });
  });

  it("is said to who pays as well, whose payment stays his", async () => {
    const signing = await till.signTopUp();
    const settles = till.facilitator.settles;
    const answer = await till.send({ ...signing, body: { amount_usd: 1 } });
    expect([answer.status, answer.body.details.field]).toEqual([400, "amount_usd"]);
    expect(till.facilitator.settles).toBe(settles);
    expect((await till.send(signing)).status).toBe(200);
  });
});
