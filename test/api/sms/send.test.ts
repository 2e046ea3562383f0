import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { POOL_SENDER } from "../../../api/providers/phone/sandbox/ranges.ts";
import { createPhoneShop, type PhoneShop, wallet } from "../phone/phone-shop.ts";

const SEND = "/api/v1/sms/send";

let shop: PhoneShop;
beforeAll(async () => {
  shop = await createPhoneShop();
});
afterAll(() => shop?.close());

const send = (to: string, message: unknown = "Hello!") => shop.pay(SEND, { to, message });
const carried = async (to: string) =>
  (await shop.server.deps.db.pool.query("select from carrier.message where recipient = $1", [to])).rowCount;
const statusOf = async (messageId: string) => (await shop.ask(`/api/v1/messages/${messageId}`)).body;
const orderOf = ({ status_url: url }: { status_url: string }, state: string) =>
  shop.inTime(
    async () => (await shop.ask(new URL(url).pathname)).body,
    ({ status }) => status === state,
  );

describe("POST /api/v1/sms/send", () => {
  it("402 says $0.05", async () => {
    const { status, body } = await shop.post(SEND, { to: "+1234567890", message: "Hello!" });
    expect([status, body.error, body.accepts[0].maxAmountRequired]).toEqual([402, "payment_required", "50000"]);
  });

  it("200 in the seed's words", async () => {
    const { status, body } = await send("+1234567890");
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      messageId: expect.stringMatching(/^msg-[0-9a-f-]{36}$/),
      to: "+1234567890",
      segments: 1,
    });
  });

  it.each([
    ["x".repeat(900), 6],
    ["я".repeat(900), 14],
    ["x".repeat(161), 2],
  ])("200 counts segments", async (message, segments) => {
    expect((await send("+447700900001", message)).body.segments).toBe(segments);
  });

  it.each([
    ["to", { to: "+0987654321", message: "x" }],
    ["to", { message: "x" }],
    ["message", { to: "+447700900001", message: "x".repeat(901) }],
    ["message", { to: "+447700900001", message: "" }],
    ["body", ["x"]],
  ])("400 names %s, and nothing is charged", async (field, body) => {
    const before = shop.settled.length;
    const answer = await shop.pay(SEND, body);
    expect([answer.status, answer.body.error, answer.body.details]).toEqual([400, "invalid_field", { field }]);
    expect(shop.settled).toHaveLength(before);
  });

  it("403 for who opted out, and nothing is charged", async () => {
    const to = "+447700900002";
    await shop.receive({ from: to, to: POOL_SENDER, text: "stop" });
    const isOut = async () =>
      (await shop.server.deps.db.pool.query("select from app.opt_out where recipient = $1 and is_out", [to])).rowCount;
    await shop.inTime(isOut, (count) => count === 1);
    const before = shop.settled.length;
    const { status, body } = await send(to);
    expect([status, body.error]).toEqual([403, "recipient_opted_out"]);
    expect([shop.settled.length, await carried(to)]).toEqual([before, 0]);
  });

  it("502 when the carrier refuses: the payer sees his credit", async () => {
    const { status, body } = await send("+15005550001");
    expect([status, body.error]).toEqual([502, "provider_failed"]);
    const { body: balance } = await shop.ask("/api/v1/balance", { headers: await shop.signIn() });
    expect(balance).toMatchObject({ address: wallet.address, balance_usd: 0.05 });
  });

  it("202, then 200 and one text, when the carrier's answer is lost", async () => {
    const to = "+15005550002";
    const { status, body } = await send(to);
    expect([status, body.status]).toEqual([202, "settled"]);
    const order = await orderOf(body, "fulfilled");
    expect(order.answer).toMatchObject({ success: true, to });
    expect(await carried(to)).toBe(1);
  });

  it("202, then a credit, when nothing is heard for six hours", async () => {
    const to = "+15005550008";
    const { status, body } = await send(to);
    expect([status, body.status]).toEqual([202, "settled"]);
    shop.clock.advance(6 * 3600 - 60);
    expect(await orderOf(body, "settled")).toMatchObject({ status: "settled" });
    shop.clock.advance(60);
    await orderOf(body, "credited");
    expect(await carried(to)).toBe(0);
  });
});

describe("GET /api/v1/messages/:id", () => {
  it("tells how the text fares, and not what it says", async () => {
    const { messageId } = (await send("+447700900003", "A secret")).body;
    const createdAt = new Date(shop.clock.nowMs()).toISOString();
    const common = { success: true, messageId, to: "+447700900003", segments: 1, createdAt };
    expect(await statusOf(messageId)).toEqual({ ...common, status: "sent", updatedAt: createdAt });
    const delivered = await shop.inTime(
      () => statusOf(messageId),
      ({ status }) => status === "delivered",
    );
    expect(delivered).toEqual({ ...common, status: "delivered", updatedAt: expect.any(String) });
    expect(delivered.updatedAt > createdAt).toBe(true);
  });

  it.each([["msg-3f0f54f4-6b0d-4f6a-9d4b-0c5a9f3f9a11"], ["3f0f54f4-6b0d-4f6a-9d4b-0c5a9f3f9a11"], ["msg-1"], ["%00"]])(
    "404 for %s",
    async (id) => {
      const { status, body } = await shop.ask(`/api/v1/messages/${id}`);
      expect([status, body.error]).toEqual([404, "not_found"]);
    },
  );
});

describe("a shop without a carrier", () => {
  it("503 not_offered, never a price", async () => {
    const bare = await createPhoneShop({ PHONE_CARRIER: "off" });
    const paths = [SEND, "/api/v1/numbers/buy/us", "/api/v1/numbers/buy/intl", "/api/v1/numbers/mine/send"];
    for (const path of [...paths, "/api/v1/numbers/mine/renew", "/api/v1/numbers/mine", "/api/v1/messages/msg-1"]) {
      const { status, body } = await bare.post(path, {});
      expect([path, status, body.error]).toEqual([path, 503, "not_offered"]);
    }
    expect((await bare.ask("/api/v1/numbers/mine")).status).toBe(503);
    await bare.close();
  });
});
