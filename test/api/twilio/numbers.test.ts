import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { PhoneProvider } from "../../../api/providers/phone.ts";
import { createTwilioShop, type TwilioShop } from "./twilio-shop.ts";

const SERVICE = `MG${"5".repeat(32)}`;

let world: TwilioShop;
let twilio: TwilioShop["twilio"];
let phone: PhoneProvider;
beforeAll(async () => {
  world = await createTwilioShop({ services: [{ sid: SERVICE, inboundUrl: null, usesNumbersUrl: true }] });
  ({ twilio, phone } = world);
});
beforeEach(() => twilio.order({ usual: true }));
afterAll(() => world?.close());

const now = () => new Date(world.shop.clock.nowMs());
const later = (sec: number) => world.shop.clock.advance(sec);
const order = (country = "US") => ({ reference: randomUUID(), country });
const heldAs = ({ reference }: { reference: string }) =>
  twilio.numbers().filter(({ friendlyName }) => friendlyName === reference);
const usd = (dollars: number) => BigInt(dollars * 1e6);
const BOUGHT = { kind: "bought", phoneNumber: expect.stringMatching(/^\+/), costMicroUsd: usd(1.15) };

describe("a number", () => {
  it("is bought with its webhook and what it costs, and is on sale no more", async () => {
    const wanted = order();
    const bought = await phone.buyNumber(wanted);
    expect(bought).toEqual(BOUGHT);
    expect(heldAs(wanted)).toMatchObject([
      {
        phoneNumber: "phoneNumber" in bought && bought.phoneNumber,
        smsUrl: expect.stringContaining("/twilio/inbound"),
      },
    ]);
    const next = await phone.buyNumber(order());
    expect(next).not.toEqual(bought);
  });

  it("that others were quicker to buy is passed over", async () => {
    twilio.order({ at: "buy", how: "error", status: 400, code: 21422, times: 2 });
    const before = twilio.asked("buy");
    expect(await phone.buyNumber(order())).toEqual(BOUGHT);
    expect(twilio.asked("buy")).toBe(before + 3);
  });

  it("is out of stock when others are always quicker", async () => {
    twilio.order({ at: "buy", how: "error", status: 400, code: 21422, times: 100 });
    const before = twilio.asked("buy");
    expect(await phone.buyNumber(order())).toEqual({ kind: "refused", reason: "out_of_stock" });
    expect(twilio.asked("buy")).toBe(before + 8);
  });

  it("goes to each of those who buy at the same time", async () => {
    const bought = await Promise.all(Array.from({ length: 6 }, () => phone.buyNumber(order("FR"))));
    const numbers = bought.map((one) => "phoneNumber" in one && one.phoneNumber);
    expect([new Set(numbers).size, numbers.every(Boolean)]).toEqual([6, true]);
  });

  it("of a country that has none is out of stock", async () => {
    expect(await phone.stock("AQ")).toBe(0);
    expect(await phone.buyNumber(order("AQ"))).toEqual({ kind: "refused", reason: "out_of_stock" });
  });

  it("that wants an address is sold to who names one", async () => {
    const wanted = { ...order("DE"), requirements: { AddressSid: `AD${"1".repeat(32)}` } };
    expect(await phone.stock("DE")).toBeGreaterThan(0);
    expect(await phone.buyNumber(order("DE"))).toEqual({ kind: "refused", reason: "out_of_stock" });
    expect(await phone.buyNumber(wanted)).toMatchObject({ kind: "bought" });
    expect(heldAs(wanted)).toMatchObject([{ addressSid: wanted.requirements.AddressSid }]);
    const bad = { ...order("DE"), requirements: { AddressSid: "not an address" } };
    expect(await phone.buyNumber(bad)).toEqual({ kind: "refused", reason: "not_sold" });
  });

  it("is not stocked while nobody can tell", async () => {
    twilio.order({ at: "search", how: "500", times: 3 });
    await expect(phone.stock("US")).rejects.toThrow("Twilio does not tell its numbers");
  });
});

describe("a price", () => {
  it.each([
    ["above what is allowed", 1.14, { kind: "refused", reason: "price_rose" }],
    ["just as high", 1.15, BOUGHT],
  ])("%s decides, and is looked at before anything is bought", async (_, most, outcome) => {
    const wanted = { ...order(), maxCostMicroUsd: usd(most) };
    expect(await phone.buyNumber(wanted)).toEqual(outcome);
    expect(heldAs(wanted)).toHaveLength(outcome.kind === "bought" ? 1 : 0);
  });

  it("that there is none of is above every limit", async () => {
    const limited = { ...order("AQ"), maxCostMicroUsd: usd(1_000) };
    expect(await phone.buyNumber(limited)).toEqual({ kind: "refused", reason: "price_rose" });
  });

  it("that is not told keeps a number from who has a limit, and from nobody else", async () => {
    twilio.order({ at: "prices", how: "500", times: 2 });
    expect(await phone.buyNumber({ ...order(), maxCostMicroUsd: usd(5) })).toEqual({ kind: "absent" });
    const wanted = order();
    expect(await phone.buyNumber(wanted)).toEqual({ kind: "bought", phoneNumber: expect.any(String) });
    expect(await phone.costOf?.(wanted.reference)).toBe(usd(1.15));
  });
});

describe("a purchase whose answer is no answer", () => {
  it.each(["500", "reset", "half", "html"] as const)("is found: %s", async (how) => {
    const wanted = order();
    twilio.order({ at: "buy", how, done: true });
    expect(await phone.buyNumber(wanted)).toEqual({ kind: "unknown" });
    const [held] = heldAs(wanted);
    expect(await phone.findPurchase(wanted.reference, now())).toEqual({
      kind: "bought",
      phoneNumber: held?.phoneNumber,
    });
    expect(heldAs(wanted)).toHaveLength(1);
  });

  it("is absent once nothing of it can be on its way, and not before", async () => {
    const wanted = order();
    twilio.order({ at: "buy", how: "reset" });
    const triedAt = now();
    expect(await phone.buyNumber(wanted)).toEqual({ kind: "unknown" });
    later(119);
    expect(await phone.findPurchase(wanted.reference, triedAt)).toEqual({ kind: "unknown" });
    later(1);
    twilio.order({ at: "find_number", how: "500" });
    expect(await phone.findPurchase(wanted.reference, triedAt)).toEqual({ kind: "unknown" });
    expect(await phone.findPurchase(wanted.reference, triedAt)).toEqual({ kind: "absent" });
  });

  it("buys one number for who pays, through the whole shop", async () => {
    const before = twilio.numbers().length;
    twilio.order({ at: "buy", how: "reset", done: true });
    const { status, body } = await world.shop.pay("/api/v1/numbers/buy/us", { country: "US" });
    expect(status).toBe(202);
    const order = await world.shop.inTime(
      async () => (await world.shop.ask(new URL(body.status_url).pathname)).body,
      ({ status }) => status === "fulfilled",
    );
    expect(order.status).toBe("fulfilled");
    expect(twilio.numbers()).toHaveLength(before + 1);
  });
});

describe("a number that was bought and not configured", () => {
  it("is configured with a second call", async () => {
    const wanted = order();
    twilio.order({ at: "buy", how: "unconfigured" });
    expect(await phone.buyNumber(wanted)).toEqual(BOUGHT);
    expect(heldAs(wanted)).toMatchObject([{ smsUrl: expect.stringContaining("/twilio/inbound") }]);
  });

  const unknownYet = { how: "error", status: 404, code: 20404 } as const;
  const hows = (["500", "429", "reset", "html"] as const).map((how) => ({ how }));
  it.each([...hows, unknownYet])("is sold once that is done: %j", async (fault) => {
    const wanted = order();
    twilio.order({ at: "buy", how: "unconfigured" });
    twilio.order({ at: "configure", ...fault });
    expect(await phone.buyNumber(wanted)).toEqual({ kind: "unknown" });
    expect(heldAs(wanted)).toMatchObject([{ smsUrl: null }]);
    later(1);
    expect(await phone.findPurchase(wanted.reference, now())).toMatchObject({ kind: "bought" });
    expect(heldAs(wanted)).toMatchObject([{ smsUrl: expect.stringContaining("/twilio/inbound") }]);
  });
});

describe("a line of a campaign", () => {
  it("is sold once it has joined the campaign's service, which it does once", async () => {
    const campaign = world.open({ lineServiceSid: SERVICE });
    const wanted = order();
    twilio.order({ at: "join", how: "500" });
    twilio.order({ at: "join", how: "reset", done: true });
    expect(await campaign.buyNumber(wanted)).toEqual({ kind: "unknown" });
    expect(await campaign.findPurchase(wanted.reference, now())).toEqual({ kind: "unknown" });
    expect(await campaign.findPurchase(wanted.reference, now())).toMatchObject({ kind: "bought" });
    expect(heldAs(wanted)).toMatchObject([{ serviceSid: SERVICE }]);
  });

  it("goes back when there is no such service, and is not sold", async () => {
    const campaign = world.open({ lineServiceSid: `MG${"6".repeat(32)}` });
    const wanted = order();
    twilio.order({ at: "release", how: "500" });
    expect(await campaign.buyNumber(wanted)).toEqual({ kind: "unknown" });
    expect(await campaign.findPurchase(wanted.reference, now())).toEqual({ kind: "refused", reason: "not_sold" });
    expect(heldAs(wanted)).toEqual([]);
  });
});

describe("a purchase that Twilio refuses", () => {
  it("for want of money costs nothing", async () => {
    twilio.order({ balanceUsd: 1 });
    const wanted = order();
    expect(await phone.buyNumber(wanted)).toEqual({ kind: "refused", reason: "no_balance" });
    expect(heldAs(wanted)).toEqual([]);
    twilio.order({ balanceUsd: 1_000 });
    twilio.order({ account: "active" });
  });

  it("or has no time for, is asked for again in seconds", async () => {
    twilio.order({ at: "buy", how: "429", retryAfterSec: 1 });
    const wanted = order();
    expect(await phone.buyNumber(wanted)).toEqual({ kind: "absent" });
    later(2);
    expect(await phone.buyNumber(wanted)).toEqual(BOUGHT);
  });
});

describe("a number that is given back", () => {
  it("is gone, and once more is no error, nor if it never was", async () => {
    const wanted = order();
    const { phoneNumber } = (await phone.buyNumber(wanted)) as { phoneNumber: string };
    await phone.release({ ...wanted, phoneNumber });
    await phone.release({ ...wanted, phoneNumber });
    expect(heldAs(wanted)).toEqual([]);
    await phone.release({ reference: randomUUID(), phoneNumber });
  });

  it("is known by its id where the operator gave it another name", async () => {
    const wanted = order();
    const { phoneNumber } = (await phone.buyNumber(wanted)) as { phoneNumber: string };
    const held = heldAs(wanted)[0] as { friendlyName: string };
    held.friendlyName = "our best line";
    await phone.release({ ...wanted, phoneNumber });
    expect(twilio.numbers()).not.toContain(held);
  });

  it("is known by its name where its id was not heard of, and is nobody else's", async () => {
    const wanted = order();
    twilio.order({ at: "buy", how: "reset", done: true });
    await phone.buyNumber(wanted);
    await phone.release({ reference: randomUUID(), phoneNumber: String(heldAs(wanted)[0]?.phoneNumber) });
    expect(heldAs(wanted)).toHaveLength(1);
    await phone.release({ ...wanted, phoneNumber: "+12125550100" });
    expect(heldAs(wanted)).toEqual([]);
  });

  it.each(["500", "reset", "429"] as const)("rejects while that is not certain: %s", async (how) => {
    const wanted = order();
    const { phoneNumber } = (await phone.buyNumber(wanted)) as { phoneNumber: string };
    twilio.order({ at: "release", how });
    await expect(phone.release({ ...wanted, phoneNumber })).rejects.toThrow("did not take the number back");
    later(1);
    await phone.release({ ...wanted, phoneNumber });
    expect(heldAs(wanted)).toEqual([]);
  });
});
