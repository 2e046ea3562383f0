import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { PhoneProvider, Text } from "../../../api/providers/phone.ts";
import { type Prism, startPrism } from "./prism.ts";
import { createTwilioShop, type TwilioShop } from "./twilio-shop.ts";

const SERVICE = `MG${"a".repeat(32)}`;
const ADDRESS = `AD${"b".repeat(32)}`;

let prism: Prism;
let world: TwilioShop;
let phone: PhoneProvider;
beforeAll(async () => {
  world = await createTwilioShop(
    {
      services: [{ sid: SERVICE, inboundUrl: null, usesNumbersUrl: true }],
      env: { TWILIO_LINE_SERVICE_SID: SERVICE },
    },
    async (url) => {
      prism = await startPrism(url);
      return prism.url;
    },
  );
  phone = world.shop.server.deps.phone as PhoneProvider;
});
afterAll(async () => {
  await world?.close();
  await prism?.close();
});

const now = () => new Date(world.shop.clock.nowMs());
const text = (line: string | undefined, words: string): Text => ({
  reference: randomUUID(),
  line,
  to: "+447700900001",
  text: words,
});

it.each([
  ["US", {}],
  ["GB", {}],
  ["DE", { AddressSid: ADDRESS }],
])("buys, finds and gives back a number in %s", async (country, requirements) => {
  const reference = randomUUID();
  expect(await phone.stock(country)).toBeGreaterThan(0);
  const bought = await phone.buyNumber({ reference, country, requirements, maxCostMicroUsd: 20_000_000n });
  expect(bought).toEqual({ kind: "bought", phoneNumber: expect.any(String), costMicroUsd: expect.any(BigInt) });
  expect(await phone.findPurchase(reference, now())).toMatchObject({ kind: "bought" });
  expect(await phone.costOf?.(reference)).toEqual("costMicroUsd" in bought && bought.costMicroUsd);
  expect(world.twilio.numbers().at(-1)?.serviceSid).toBe(SERVICE);
  await phone.release({ reference, phoneNumber: "phoneNumber" in bought ? bought.phoneNumber : "" });
  expect(world.twilio.numbers()).toHaveLength(1);
});

it("sends, finds and counts texts of each alphabet and length", async () => {
  for (const words of ["Hello!", "Привет 😀", "a&b=c+d%20 'quoted'\n{}", "x".repeat(900)]) {
    const sent = text(undefined, words);
    expect(await phone.sendMessage(sent)).toEqual({ kind: "accepted" });
    expect(await phone.findMessage(sent, now())).toEqual({ kind: "accepted" });
    expect(await phone.findMessage(text(undefined, `${words}?`), now())).toEqual({ kind: "unknown" });
    await world.twilio.idle();
    expect(world.twilio.messages().at(-1)).toMatchObject({ body: words, status: "delivered" });
    expect(await phone.costOf?.(sent.reference)).toBe(BigInt(world.twilio.messages().at(-1)?.priceMicroUsd ?? 0));
  }
});

it("looks a number up, and tells how it stands", async () => {
  expect(await phone.lookUp?.("+447700900001")).toEqual({
    kind: "facts",
    lineType: "mobile",
    carrier: "Sandbox Wireless",
  });
  const { problems, balanceMicroUsd } = await phone.health();
  expect(problems).toEqual([expect.stringContaining("PUBLIC_URL is of this machine alone")]);
  expect(balanceMicroUsd).toBeGreaterThan(900_000_000n);
});

it("sells a line and its texts through the whole shop", async () => {
  const { shop, twilio } = world;
  const line = await shop.line();
  const bearer = await shop.signIn();
  const message = { phoneNumber: line, to: "+447700900002", message: "Reply got it" };
  expect((await shop.post("/api/v1/numbers/mine/send", message, bearer)).status).toBe(200);
  expect((await shop.pay("/api/v1/sms/send", { to: "+447700900003", message: "x" })).status).toBe(200);
  expect(twilio.messages()).toMatchObject(expect.arrayContaining([expect.objectContaining({ from: line })]));
});

it("asks and is answered nothing that Twilio's specifications do not have", () => {
  expect(prism.violations).toEqual([]);
  expect(Object.fromEntries(prism.asked)).toEqual({
    "twilio_api_v2010.json": expect.any(Number),
    "twilio_pricing_v1.json": expect.any(Number),
    "twilio_lookups_v2.json": 1,
    "twilio_messaging_v1.json": expect.any(Number),
  });
});

it("would have told", async () => {
  const { accountSid, authToken } = world.twilio;
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString("base64")}`;
  const path = `/2010-04-01/Accounts/${accountSid}/Messages.json`;
  const body = new URLSearchParams({ Body: "to nobody" });
  const { status } = await fetch(prism.url + path, { method: "POST", headers: { authorization }, body });
  expect([status, prism.violations]).toEqual([422, [expect.stringContaining("To")]]);
});
