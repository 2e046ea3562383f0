import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { POOL_SENDER, RANGES } from "../../../api/providers/phone/sandbox/ranges.ts";
import { openPhone, type PhoneProvider } from "../../../api/providers/phone.ts";
import { createPhoneWorld, DAY, type PhoneWorld } from "./phone-world.ts";

let world: PhoneWorld;
let phone: PhoneProvider;
beforeAll(async () => {
  world = await createPhoneWorld();
  phone = world.deps.phone;
});
afterAll(() => world?.close());

const bought = async (country = "US", reference = randomUUID() as string) => {
  const answer = await phone.buyNumber({ reference, country });
  if (answer.kind !== "bought") throw new Error(answer.kind);
  return { reference, phoneNumber: answer.phoneNumber };
};
const text = (line: string | undefined, to = "+447700900001") => ({ reference: randomUUID(), line, to, text: "x" });

describe("its numbers", () => {
  it("are plenty, in E.164, and none is the pool's", async () => {
    const { rows } = await world.pool.query("select phone_number, country from carrier.number");
    expect(rows.filter(({ phone_number: number }) => !/^\+[1-9]\d{6,14}$/.test(number))).toEqual([]);
    expect(rows.some(({ phone_number: number }) => number === POOL_SENDER)).toBe(false);
    for (const country of new Set(RANGES.map((range) => range.country)))
      expect(await phone.stock(country)).toBe(rows.filter((row) => row.country === country).length);
    expect(await phone.stock("US")).toBeGreaterThan(1_000);
    expect(await phone.stock("AQ")).toBe(0);
  });

  it("are one for each reference, also in parallel", async () => {
    const reference = randomUUID();
    const before = await phone.stock("GB");
    const copies = await Promise.all(Array.from({ length: 8 }, () => bought("GB", reference)));
    expect(new Set(copies.map(({ phoneNumber }) => phoneNumber)).size).toBe(1);
    expect(await phone.stock("GB")).toBe(before - 1);
    expect(await phone.findPurchase(reference, new Date())).toEqual({
      kind: "bought",
      phoneNumber: copies[0]?.phoneNumber,
    });
    expect(await phone.findPurchase(randomUUID(), new Date())).toEqual({ kind: "absent" });
  });

  it("rest for a day after they were given back, which only their holder can do", async () => {
    const { reference, phoneNumber } = await bought("SE");
    const before = await phone.stock("SE");
    await phone.release({ reference: randomUUID(), phoneNumber });
    world.clock.advance(DAY);
    expect(await phone.stock("SE")).toBe(before);
    await phone.release({ reference, phoneNumber });
    await phone.release({ reference, phoneNumber });
    expect(await phone.stock("SE")).toBe(before);
    world.clock.advance(DAY);
    expect(await phone.stock("SE")).toBe(before + 1);
  });
});

describe("its texts", () => {
  it("leave once for each reference, also in parallel", async () => {
    const one = text(undefined, "+447700900042");
    const answers = await Promise.all(Array.from({ length: 8 }, () => phone.sendMessage(one)));
    expect(answers).toEqual(Array(8).fill({ kind: "accepted" }));
    expect(await world.carried(one.to)).toBe(1);
    expect(await phone.findMessage(one, new Date())).toEqual({ kind: "accepted" });
    expect(await phone.findMessage(text(undefined), new Date())).toEqual({ kind: "absent" });
  });

  it("leave only from lines that are held", async () => {
    const { reference, phoneNumber } = await bought();
    expect(await phone.sendMessage(text(phoneNumber))).toEqual({ kind: "accepted" });
    await phone.release({ reference, phoneNumber });
    expect(await phone.sendMessage(text(phoneNumber))).toEqual({ kind: "refused", reason: "sender_refused" });
  });
});

describe("its news", () => {
  it("are told until they are acknowledged, oldest first, none before its time", async () => {
    const drain = async () => phone.acknowledge((await phone.events()).map(({ id }) => id));
    world.clock.advance(60);
    await drain();
    const one = text(undefined);
    await phone.sendMessage(one);
    expect(await phone.events()).toEqual([]);
    world.clock.advance(1);
    const [sent] = await phone.events();
    expect(sent).toMatchObject({ kind: "receipt", reference: one.reference, status: "sent" });
    world.clock.advance(2);
    expect((await phone.events()).map((event) => "status" in event && event.status)).toEqual(["sent", "delivered"]);
    await phone.acknowledge([String(sent?.id)]);
    expect((await phone.events()).map((event) => "status" in event && event.status)).toEqual(["delivered"]);
    await drain();
    expect(await phone.events()).toEqual([]);
  });

  it("take in what is put into its table by hand", async () => {
    const { phoneNumber } = await bought();
    await world.pool.query(
      "insert into carrier.event (sender, recipient, body, due_at) values ('+447700900001', $1, 'STOP', $2)",
      [phoneNumber, new Date(world.clock.nowMs())],
    );
    const inbound = { kind: "inbound", line: phoneNumber, from: "+447700900001", to: phoneNumber, text: "STOP" };
    expect(await phone.events()).toMatchObject([{ ...inbound, reference: expect.any(String) }]);
  });
});

describe("a carrier that another process opens", () => {
  it("has the same numbers, messages and news", async () => {
    const { reference, phoneNumber } = await bought("FR");
    const { deps } = await world.sibling();
    expect(await deps.phone.findPurchase(reference, new Date())).toEqual({ kind: "bought", phoneNumber });
    expect(await deps.phone.stock("FR")).toBe(await phone.stock("FR"));
    expect(await deps.phone.events()).toEqual(await phone.events());
  });

  it("is none when there is none", async () => {
    expect(await openPhone({ carrier: "off" }, world.deps)).toBeUndefined();
  });
});
