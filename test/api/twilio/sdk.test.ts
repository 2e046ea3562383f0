import twilio from "twilio";
import type RequestClient from "twilio/lib/base/RequestClient.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTwilio, type TwilioSandbox } from "../../../dev/carriers/twilio/server.ts";

type Options = Parameters<RequestClient["request"]>[0];

let sandbox: TwilioSandbox;
let client: ReturnType<typeof twilio>;

/** Twilio's own client with all of its hosts at the sandbox. */
beforeAll(async () => {
  sandbox = await startTwilio({ pool: { phoneNumber: "+18005550199", smsUrl: "http://127.0.0.1:1/inbound" } });
  class Redirected extends twilio.RequestClient {
    override request<Data>(options: Options) {
      const { pathname, search } = new URL(options.uri);
      return super.request<Data>({ ...options, uri: sandbox.url + pathname + search } as never);
    }
  }
  client = twilio(sandbox.accountSid, sandbox.authToken, { httpClient: new Redirected({ timeout: 5_000 }) });
});
afterAll(() => sandbox?.close());

describe("Twilio's own client at the sandbox", () => {
  it("searches, buys, configures, lists and gives back", async () => {
    const [first] = await client.availablePhoneNumbers("US").local.list({ smsEnabled: true, limit: 5 });
    expect(first?.capabilities.sms).toBe(true);
    const bought = await client.incomingPhoneNumbers.create({
      phoneNumber: first?.phoneNumber as string,
      friendlyName: "mine",
      smsUrl: "https://shop.example/inbound",
    });
    expect([bought.phoneNumber, bought.smsUrl]).toEqual([first?.phoneNumber, "https://shop.example/inbound"]);
    expect(await client.incomingPhoneNumbers.list({ friendlyName: "mine" })).toMatchObject([{ sid: bought.sid }]);
    const changed = await client.incomingPhoneNumbers(bought.sid).update({ smsUrl: "https://shop.example/2" });
    expect(changed.smsUrl).toBe("https://shop.example/2");
    expect(await client.incomingPhoneNumbers(bought.sid).remove()).toBe(true);
    await expect(client.incomingPhoneNumbers(bought.sid).fetch()).rejects.toMatchObject({ status: 404, code: 20404 });
  });

  it("sends, reads and pages through texts", async () => {
    for (let n = 0; n < 5; n++)
      await client.messages.create({ to: "+447700900001", from: sandbox.pool, body: `text ${n}` });
    await sandbox.idle();
    const sent = await client.messages.list({ to: "+447700900001", pageSize: 2 });
    expect(sent.map(({ body }) => body)).toEqual(["text 4", "text 3", "text 2", "text 1", "text 0"]);
    const one = await client.messages(sent[0]?.sid as string).fetch();
    expect(one).toMatchObject({ status: "delivered", price: "-0.00790", priceUnit: "USD", numSegments: "1" });
    expect(one.dateSent).toBeInstanceOf(Date);
  });

  it.each([
    [{ to: "no number", from: "+18005550199", body: "x" }, 21211],
    [{ to: "+447700900001", from: "+12125559999", body: "x" }, 21606],
    [{ to: "+447700900001", from: "+18005550199", body: "" }, 21602],
    [{ to: "+15005550004", from: "+18005550199", body: "x" }, 21610],
    [{ to: "+447700900001", from: "+18005550199", body: "x", statusCallback: "nowhere" }, 21609],
  ])("is refused as there: %j", async (message, code) => {
    await expect(client.messages.create(message)).rejects.toMatchObject({ status: 400, code });
  });

  it("reads the account, its balance, prices and facts", async () => {
    expect(await client.api.v2010.accounts(sandbox.accountSid).fetch()).toMatchObject({ status: "active" });
    expect(await client.balance.fetch()).toMatchObject({ currency: "USD" });
    const { phoneNumberPrices } = await client.pricing.v1.phoneNumbers.countries("US").fetch();
    expect(phoneNumberPrices[0]).toMatchObject({ numberType: "local", currentPrice: 1.15 });
    const found = await client.lookups.v2.phoneNumbers("+12125550123").fetch({ fields: "line_type_intelligence" });
    expect([found.valid, found.lineTypeIntelligence]).toMatchObject([true, { type: "nonFixedVoip" }]);
  });

  it("is nobody with another token", async () => {
    const stranger = twilio(sandbox.accountSid, "guessed", { httpClient: client.httpClient });
    await expect(stranger.balance.fetch()).rejects.toMatchObject({ status: 401, code: 20003 });
  });
});
