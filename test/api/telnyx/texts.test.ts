import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Text } from "../../../api/providers/phone.ts";
import type { Fault } from "../../../dev/carriers/telnyx/faults.ts";
import { type Desk, openDesk } from "./telnyx-shop.ts";

let desk: Desk;
let recipients = 100;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk?.close());
afterEach(() => {
  desk.sandbox.order({ usual: true });
  desk.sandbox.order({ balanceUsd: "100" });
});

const aText = (given: Partial<Text> = {}): Text => {
  const to = `+447700900${recipients++}`;
  return { reference: randomUUID(), line: undefined, to, text: "Hello", ...given };
};
const fails = (fault: Omit<Fault, "place">, place = "text") => desk.sandbox.order({ fault: { place, ...fault } });
const carried = ({ to }: Text) => desk.sandbox.texts().filter((text) => text.to === to).length;
const now = () => new Date(desk.clock.nowMs());
const ACCEPTED = { kind: "accepted", costMicroUsd: 4_000n };

describe("a text", () => {
  it("is sent with where its news goes, and costs what Telnyx says", async () => {
    const text = aText({ text: "x".repeat(161) });
    expect(await desk.phone.sendMessage(text)).toEqual({ kind: "accepted", costMicroUsd: 8_000n });
    expect(desk.sandbox.texts()[0]).toMatchObject({
      ...{ from: desk.sandbox.from, to: text.to, parts: 2, encoding: "GSM-7" },
      webhookUrl: `http://127.0.0.1:1/api/v1/carrier/telnyx/status/${text.reference}`,
    });
    expect(await desk.phone.costOf?.(text.reference)).toBe(8_000n);
    expect(await desk.phone.costOf?.(randomUUID())).toBeUndefined();
  });

  it("leaves from a number pool, where the operator has one", async () => {
    const phone = desk.open({ pool: { profileId: desk.sandbox.poolProfileId } });
    expect(await phone.sendMessage(aText())).toEqual(ACCEPTED);
    expect(desk.sandbox.texts()[0]).toMatchObject({ from: "+18005550198", profileId: desk.sandbox.poolProfileId });
  });

  it("is not looked up any more once its answer was heard", async () => {
    const text = aText();
    await desk.phone.sendMessage(text);
    const before = desk.sandbox.asked("records");
    expect(await desk.phone.findMessage(text, now())).toEqual({ kind: "accepted" });
    expect(desk.sandbox.asked("records")).toBe(before);
  });

  it.each<[string, Partial<Text> | string, string]>([
    ["no number of the account's", { line: "+12125550999" }, "sender_refused"],
    ["no recipient", { to: "+4" }, "recipient_refused"],
    ["an opted-out recipient", "40300", "opted_out"],
    ["an empty account", "20100", "no_balance"],
    ["an account that is blocked", "20013", "sender_refused"],
    ["a landline", "40001", "recipient_refused"],
    ["a reason that is new", "49999", "recipient_refused"],
  ])("is refused for %s", async (_, given, reason) => {
    if (typeof given === "string") fails({ how: "refuse", status: 403, code: given });
    const text = aText(typeof given === "string" ? {} : given);
    expect(await desk.phone.sendMessage(text)).toEqual({ kind: "refused", reason });
    expect(carried(text)).toBe(0);
  });

  it("is refused when the balance is spent", async () => {
    desk.sandbox.order({ balanceUsd: "0.001" });
    expect(await desk.phone.sendMessage(aText())).toEqual({ kind: "refused", reason: "no_balance" });
  });

  it("that Telnyx had no time for was surely not sent, and is held back as long as it says", async () => {
    fails({ how: "429", retryAfterSec: 7 });
    const text = aText();
    expect(await desk.phone.sendMessage(text)).toEqual({ kind: "absent" });
    desk.clock.advance(6);
    const before = desk.sandbox.asked("text");
    expect(await desk.phone.sendMessage(text)).toEqual({ kind: "absent" });
    expect(desk.sandbox.asked("text")).toBe(before);
    desk.clock.advance(1);
    expect(await desk.phone.sendMessage(text)).toEqual(ACCEPTED);
  });

  it("that finds Telnyx' queue full was surely not sent", async () => {
    fails({ how: "refuse", status: 400, code: "40318" });
    expect(await desk.phone.sendMessage(aText())).toEqual({ kind: "absent" });
  });

  it("that cannot reach Telnyx was surely not sent", async () => {
    const phone = desk.open({ url: "http://127.0.0.1:1/v2" });
    expect(await phone.sendMessage(aText())).toEqual({ kind: "absent" });
  });
});

describe("a text whose answer is missed", () => {
  const SILENCES = ["silence", "reset", "500", "html", "garbage", "half"] as const;
  it.each(SILENCES)("by %s, though it was sent, is found by what it is known by", async (how) => {
    const [text, like] = [aText(), aText()];
    const twin = { ...like, to: text.to };
    fails({ how, done: true });
    expect(await desk.phone.sendMessage(text)).toEqual({ kind: "unknown" });
    expect(await desk.phone.sendMessage(twin)).toEqual(ACCEPTED);
    expect(await desk.phone.findMessage(text, now())).toEqual({ kind: "accepted" });
    expect(carried(text)).toBe(2);
  });

  it.each(SILENCES.filter((how) => how !== "half"))(
    "by %s, and was not sent, is credited in the end, never sent again",
    async (how) => {
      const text = aText();
      await desk.phone.sendMessage(aText({ to: text.to }));
      fails({ how });
      const triedAt = now();
      expect(await desk.phone.sendMessage(text)).toEqual({ kind: "unknown" });
      expect(await desk.phone.findMessage(text, triedAt)).toEqual({ kind: "unknown" });
      desk.clock.advance(599);
      expect(await desk.phone.findMessage(text, triedAt)).toEqual({ kind: "unknown" });
      desk.clock.advance(1);
      expect(await desk.phone.findMessage(text, triedAt)).toEqual({ kind: "refused", reason: "no_answer" });
      expect(carried(text)).toBe(1);
    },
  );

  it("is found though PUBLIC_URL has changed since", async () => {
    const text = aText();
    fails({ how: "500", done: true });
    await desk.phone.sendMessage(text);
    expect(await desk.open({}, "https://moved.example").findMessage(text, now())).toEqual({ kind: "accepted" });
  });

  it("is absent at once where nothing is on its way", async () => {
    expect(await desk.phone.findMessage(aText(), new Date(0))).toEqual({ kind: "absent" });
  });

  it("is known by the message itself where records do not say enough", async () => {
    const [text, like] = [aText(), aText()];
    desk.sandbox.order({ bareRecords: true });
    fails({ how: "silence", done: true });
    await desk.phone.sendMessage(text);
    expect(await desk.phone.findMessage({ ...like, to: text.to }, now())).toEqual({ kind: "unknown" });
    fails({ how: "500" }, "message");
    expect(await desk.phone.findMessage(text, now())).toEqual({ kind: "unknown" });
    expect(await desk.phone.findMessage(text, now())).toEqual({ kind: "accepted" });
    desk.sandbox.order({ bareRecords: false });
  });

  it("is unknown while Telnyx does not tell its records", async () => {
    fails({ how: "500" }, "records");
    const longAgo = new Date(desk.clock.nowMs() - 3_600_000);
    expect(await desk.phone.findMessage(aText(), longAgo)).toEqual({ kind: "unknown" });
  });

  it("is looked for on every page", async () => {
    const text = aText();
    fails({ how: "silence", done: true });
    await desk.phone.sendMessage(text);
    const others = Array.from({ length: 60 }, () => aText({ to: text.to }));
    for (const other of others) expect(await desk.phone.sendMessage(other)).toEqual(ACCEPTED);
    expect(await desk.phone.findMessage(text, now())).toEqual({ kind: "accepted" });
  });

  it("and nothing of Telnyx' own words, its address or the key is logged", () => {
    expect(desk.logs.length).toBeGreaterThan(0);
    const { apiKey, from, profileId } = desk.sandbox;
    for (const secret of [apiKey, from, profileId, "127.0.0.1", "+4477", "As it was ordered"])
      expect(desk.logs.join("\n")).not.toContain(secret);
  });
});
