import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expireLeases } from "../../../api/products/numbers/give-back.ts";
import type { OnceDeps } from "../../../api/providers/phone/once.ts";
import { type PhoneShop, wallet } from "../phone/phone-shop.ts";
import { createTwilioShop, type TwilioShop } from "./twilio-shop.ts";

const SEND = "/api/v1/sms/send";
const DAY = 24 * 3600;

let world: TwilioShop;
let shop: PhoneShop;
let twilio: TwilioShop["twilio"];
beforeAll(async () => {
  world = await createTwilioShop();
  ({ shop, twilio } = world);
});
afterAll(() => world?.close());

const statusIs = (messageId: string, wanted: string) =>
  shop.inTime(
    async () => (await shop.ask(`/api/v1/messages/${messageId}`)).body.status,
    (status) => status === wanted,
  );
const carried = (to: string) => twilio.messages().filter((message) => message.to === to);

describe("a shop of numbers and texts of Twilio's", () => {
  it("sells a text per call, and knows when it has arrived", async () => {
    const { status, body } = await shop.pay(SEND, { to: "+447700900001", message: "Hello!" });
    expect([status, body]).toEqual([
      200,
      { success: true, messageId: expect.stringMatching(/^msg-/), to: "+447700900001", segments: 1 },
    ]);
    expect(carried("+447700900001")).toMatchObject([{ from: twilio.pool, body: "Hello!" }]);
    await statusIs(body.messageId, "delivered");
  });

  it("sells a line, whose texts leave from it and come to it", async () => {
    const bearer = await shop.signIn();
    const line = await shop.line();
    expect(twilio.numbers().at(-1)).toMatchObject({
      phoneNumber: line,
      smsUrl: `${shop.server.publicUrl}/api/v1/carrier/twilio/inbound`,
    });
    const message = { phoneNumber: line, to: "+447700900002", message: "Reply got it" };
    const sent = await shop.post("/api/v1/numbers/mine/send", message, bearer);
    expect(sent.status).toBe(200);
    expect(carried("+447700900002")).toMatchObject([{ from: line }]);
    const messages = () =>
      shop.ask(`/api/v1/numbers/mine/messages?phoneNumber=${encodeURIComponent(line)}`, { headers: bearer });
    const { body } = await shop.inTime(messages, ({ body }) => body.messages?.length === 2);
    expect(body.messages.map((one: { message: string; direction: string }) => [one.direction, one.message])).toEqual(
      expect.arrayContaining([
        ["inbound", "got it"],
        ["outbound", "Reply got it"],
      ]),
    );
  });

  it("sells an international line", async () => {
    const { status, body } = await shop.pay("/api/v1/numbers/buy/intl", { country: "GB" });
    expect([status, body.country, body.phoneNumber]).toEqual([200, "GB", expect.stringMatching(/^\+447700900/)]);
  });

  it("sells for a balance, too", async () => {
    const { body: toppedUp } = await shop.pay("/api/v1/x402/topup", {});
    const key = { "X-API-Key": toppedUp.api_key };
    const { status } = await shop.post(SEND, { to: "+447700900003", message: "by key" }, key);
    expect([status, carried("+447700900003").length]).toEqual([200, 1]);
  });

  it("takes no money for who wrote STOP to the pool", async () => {
    const from = "+447700900004";
    expect(await twilio.receive({ from, to: twilio.pool, body: "STOP" })).toBe(200);
    const isOut = async () =>
      (await shop.server.deps.db.pool.query("select from app.opt_out where recipient = $1 and is_out", [from]))
        .rowCount;
    await shop.inTime(isOut, (count) => count === 1);
    const before = shop.settled.length;
    const { status, body } = await shop.pay(SEND, { to: from, message: "x" });
    expect([status, body.error, shop.settled.length]).toEqual([403, "recipient_opted_out", before]);
  });

  it("credits who paid for a text that Twilio refuses", async () => {
    const { status, body } = await shop.pay(SEND, { to: "+15005550009", message: "x" });
    expect([status, body.error]).toEqual([502, "provider_failed"]);
    const { body: balance } = await shop.ask("/api/v1/balance", { headers: await shop.signIn() });
    expect(balance).toMatchObject({ address: wallet.address, balance_usd: expect.any(Number) });
  });

  it("gives lines back after their days of grace", async () => {
    const line = await shop.line();
    shop.clock.advance(38 * DAY);
    await expireLeases(shop.server.deps as OnceDeps);
    expect(twilio.numbers().map(({ phoneNumber }) => phoneNumber)).not.toContain(line);
  });
});
