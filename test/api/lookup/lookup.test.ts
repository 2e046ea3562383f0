import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { PhoneProvider } from "../../../api/providers/phone.ts";
import { keyWith } from "../balance/key.ts";
import { callAt } from "../mcp/room.ts";
import { createPhoneShop, type PhoneShop, wallet } from "../phone/phone-shop.ts";
import { openShopWindow, salesOf } from "../storefront/shop-window.ts";

const LOOKUP = "/api/v1/lookup";

let shop: PhoneShop;
beforeAll(async () => {
  shop = await createPhoneShop();
});
afterAll(() => shop?.close());
afterEach(() => vi.restoreAllMocks());

const carrier = () => shop.server.deps.phone as Required<PhoneProvider>;
const lookUp = async (phoneNumber: unknown, country?: string) => shop.pay(LOOKUP, { phoneNumber, country });

const US = {
  success: true,
  phoneNumber: "+12125551234",
  valid: true,
  country: "US",
  callingCode: "1",
  nationalFormat: "(212) 555-1234",
  internationalFormat: "+1 212 555 1234",
  lineType: "voip",
  carrier: "Sandbox Voice",
};

describe("POST /api/v1/lookup", () => {
  it("402 says $0.05", async () => {
    const { status, body } = await shop.post(LOOKUP, { phoneNumber: "+12125551234" });
    expect([status, body.accepts[0].maxAmountRequired]).toEqual([402, "50000"]);
  });

  it("200 tells formats, line type and carrier; what it cost us is noted, and not told", async () => {
    const { status, body } = await lookUp("+12125551234");
    expect([status, body]).toEqual([200, US]);
    const { rows } = await shop.server.deps.db.pool.query("select carrier, cost_micro_usd from app.carrier_cost");
    expect(rows).toEqual([{ carrier: "sandbox", cost_micro_usd: "8000" }]);
  });

  it.each([
    ["+1 (212) 555-1234", undefined],
    ["(212) 555-1234", "US"],
    ["+1.212.555.1234", undefined],
  ])("200 reads %s, %s", async (phoneNumber, country) => {
    expect((await lookUp(phoneNumber, country)).body).toEqual(US);
  });

  it("200 with nulls for what nobody knows", async () => {
    const { body } = await lookUp("+8613812345678");
    expect(body).toMatchObject({ valid: true, country: "CN", lineType: null, carrier: null });
    expect((await lookUp("+447700900123")).body).toMatchObject({ valid: false, country: null, lineType: "mobile" });
  });

  it.each([
    ["phoneNumber", {}],
    ["phoneNumber", { phoneNumber: "hello" }],
    ["phoneNumber", { phoneNumber: "(212) 555-1234" }],
    ["phoneNumber", { phoneNumber: "+9991234567890" }],
    ["phoneNumber", { phoneNumber: "+12125551234 ext. 5" }],
    ["phoneNumber", { phoneNumber: `+1${"2".repeat(50)}` }],
    ["phoneNumber", { phoneNumber: 12125551234 }],
    ["country", { phoneNumber: "(212) 555-1234", country: "XX" }],
    ["country", { phoneNumber: "+12125551234", country: "us" }],
  ])("400 names %s of %j, and nothing is charged", async (field, sent) => {
    const before = shop.settled.length;
    const { status, body } = await shop.pay(LOOKUP, sent);
    expect([status, body.error, body.details]).toEqual([400, "invalid_field", { field }]);
    expect(shop.settled).toHaveLength(before);
  });

  it.each([
    ["refuses", "+15005550001"],
    ["gives no answer", "+15005550009"],
  ])("502 at once when the carrier %s: nothing is asked again, and the payer has his credit", async (_how, number) => {
    const asked = vi.spyOn(carrier(), "lookUp");
    const { status, body } = await lookUp(number);
    expect([status, body.error, body.details.credit.amount_usd]).toEqual([502, "provider_failed", 0.05]);
    shop.clock.advance(3600);
    const { body: order } = await shop.ask(new URL(body.details.status_url).pathname);
    expect([order.status, asked.mock.calls.length]).toEqual(["credited", 1]);
  });

  it("502 when the carrier is away, and its words are told to nobody", async () => {
    vi.spyOn(carrier(), "lookUp").mockRejectedValue(new Error("https://account:secret@carrier.example"));
    const answer = await lookUp("+12125551234");
    expect([answer.status, answer.body.error]).toEqual([502, "provider_failed"]);
    expect(JSON.stringify(answer.body)).not.toContain("carrier.example");
  });

  it("takes the fee once for all copies of a request", async () => {
    const asked = vi.spyOn(carrier(), "lookUp");
    const key = await keyWith(shop, { microUsd: 1_000_000n, of: wallet.address });
    const headers = { ...key.headers, "Idempotency-Key": "look" };
    const before = await key.balance();
    const copies = Array.from({ length: 10 }, () => shop.post(LOOKUP, { phoneNumber: "+12125551234" }, headers));
    for (const { status, body } of await Promise.all(copies))
      expect(status === 200 ? body : body.error).toEqual(status === 200 ? US : "request_in_flight");
    expect((await shop.post(LOOKUP, { phoneNumber: "+12125551234" }, headers)).body).toEqual(US);
    expect([asked.mock.calls.length, before - (await key.balance())]).toEqual([1, 50_000n]);
  });

  it("MCP: lookup_number", async () => {
    const { headers } = await keyWith(shop, { microUsd: 50_000n });
    const { structuredContent } = await callAt(shop.server)(
      "lookup_number",
      { phoneNumber: "+12125551234" },
      { headers },
    );
    expect(structuredContent).toEqual(US);
  });
});

it("503 where the carrier looks nothing up, and nobody sees it on sale", async () => {
  const { lookUp: _, ...without } = carrier();
  const bare = await openShopWindow({}, { phone: without });
  const answer = await bare.ask(LOOKUP, { method: "POST" });
  expect([answer.status, answer.body.error]).toEqual([503, "not_offered"]);
  expect((await bare.ask("/api/v1/verifications/start", { method: "POST" })).status).toBe(402);
  expect(salesOf(bare).map(({ id }) => id)).not.toContain("lookup");
  await bare.close();
});
