import type { PDU } from "smpp";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CARRIER, SMPP } from "../../../api/limits.ts";
import type { Text } from "../../../api/providers/phone.ts";
import { createSmppWorld, inTime, LINE, type SmppWorld } from "./smpp-world.ts";
import { type Smsc, until } from "./smsc.ts";

let world: SmppWorld;
let smsc: Smsc;
let before: number;
beforeAll(async () => {
  world = await createSmppWorld();
  smsc = world.smsc;
});
beforeEach(async () => {
  await inTime(world, world.bound());
  before = smsc.submits.length;
});
afterAll(() => world?.close());

/** Submits of this test. */
const submits = (): PDU[] => smsc.submits.slice(before);
const submitted = (count: number) => until(submits, ({ length }) => length === count);
const long = "a".repeat(400);
/** After which no answer is on its way any more. */
const overSec = () => world.phone.answersWithinSec + 1;
const collected = async (text: Text) => {
  await world.collect();
  return world.statusOf(text);
};

describe("a text", () => {
  it("leaves once, and its receipts say what became of it, whatever their order and however often", async () => {
    const text = world.text();
    smsc.replies.push({ message_id: "000A7" });
    expect(await world.send(text)).toEqual({ kind: "accepted", status: "sent" });
    expect(await world.send(text)).toEqual({ kind: "accepted", status: "sent" });
    const [submit, ...others] = submits();
    expect(others).toEqual([]);
    expect(submit).toMatchObject({ source_addr: "Turnpike", source_addr_ton: 5, destination_addr: text.to.slice(1) });
    for (const state of ["DELIVRD", "DELIVRD", "ENROUTE", "UNKNOWN", "UNDELIV"])
      expect(await smsc.receipt(submit, "a7", state)).toBe(0);
    expect(await collected(text)).toBe("delivered");
    await smsc.receipt(submit, "a7", "DELIVRD");
    expect(await world.phone.events()).toEqual([]);
  });

  it.each(["UNDELIV", "EXPIRED", "DELETED", "REJECTD"])("whose receipt says %s has not arrived", async (state) => {
    const text = world.text();
    smsc.replies.push({ message_id: `failed-${state}` });
    await world.send(text);
    await smsc.receipt(submits()[0], `failed-${state}`, state);
    expect(await collected(text)).toBe("undelivered");
  });

  it("has a receipt that comes before the answer", async () => {
    const text = world.text();
    smsc.replies.push("silence");
    const sending = world.send(text);
    const [submit] = await submitted(1);
    await smsc.receipt(submit, "early", "DELIVRD");
    expect(await collected(text)).toBe("queued");
    smsc.answer(submit, { message_id: "early" });
    expect(await sending).toEqual({ kind: "accepted", status: "sent" });
    expect(await collected(text)).toBe("delivered");
  });

  it("has a receipt in TLVs", async () => {
    const text = world.text();
    smsc.replies.push({ message_id: "by-tlv" });
    await world.send(text);
    const tlvs = { receipted_message_id: "by-tlv", message_state: 2 };
    await smsc.deliver({ source_addr: text.to.slice(1), destination_addr: "Turnpike", esm_class: 4, ...tlvs });
    expect(await collected(text)).toBe("delivered");
  });

  it("leaves from a line only while that is held", async () => {
    expect(await world.send(world.text({ line: LINE }))).toEqual({ kind: "refused", status: "failed" });
    const reference = world.text().reference;
    const bought = await world.phone.buyNumber({ reference, country: "US" });
    const line = bought.kind === "bought" ? bought.phoneNumber : "";
    expect(await world.send(world.text({ line }))).toMatchObject({ kind: "accepted" });
    expect(submits()).toMatchObject([{ source_addr: line.slice(1), source_addr_ton: 1, source_addr_npi: 1 }]);
    await world.phone.release({ reference, phoneNumber: line });
    expect(await world.send(world.text({ line }))).toMatchObject({ kind: "refused" });
  });

  it.each([
    [0x0b, "recipient_refused"],
    [0x0a, "sender_refused"],
    [0x45, "recipient_refused"],
  ])("that is refused with %i is not sent again", async (command_status, reason) => {
    smsc.replies.push({ command_status });
    const text = world.text();
    expect(await world.send(text)).toEqual({ kind: "refused", status: "failed" });
    expect(await world.phone.findMessage(text, new Date(0))).toEqual({ kind: "refused", reason });
    expect(submits()).toHaveLength(1);
  });
});

describe("a carrier that has too much to do", () => {
  it("gets the same again in a moment, and takes it once", async () => {
    smsc.replies.push({ command_status: 0x58 }, { command_status: 0x14 });
    const text = world.text();
    expect(await inTime(world, world.send(text), 0.1)).toEqual({ kind: "accepted", status: "sent" });
    expect(submits()).toHaveLength(3);
  });

  it("and goes on so is left alone until later", async () => {
    smsc.replies.push(...Array.from({ length: 4 }, () => ({ command_status: 0x58 })));
    const text = world.text();
    expect(await inTime(world, world.send(text))).toEqual({ kind: "unknown", status: "queued" });
    smsc.replies.length = 0;
    world.clock.advance(SMPP.throttledSec.longest);
    expect(await world.send(text)).toEqual({ kind: "accepted", status: "sent" });
  });

  it("is asked anew after an error of its own", async () => {
    smsc.replies.push({ command_status: 0x08 });
    const text = world.text();
    expect(await world.send(text)).toEqual({ kind: "unknown", status: "queued" });
    world.clock.advance(CARRIER.askAgainSec.first);
    expect(await world.send(text)).toEqual({ kind: "accepted", status: "sent" });
    expect(submits()).toHaveLength(2);
  });
});

describe("a long text", () => {
  it("has arrived when all of its parts have", async () => {
    const text = world.text({ text: long });
    smsc.replies.push({ message_id: "p1" }, { message_id: "p2" }, { message_id: "p3" });
    expect(await world.send(text)).toEqual({ kind: "accepted", status: "sent" });
    const parts = submits();
    expect(parts.map(({ esm_class }) => esm_class)).toEqual([0x40, 0x40, 0x40]);
    for (const [i, id] of ["p2", "p3"].entries()) await smsc.receipt(parts[i], id, "DELIVRD");
    expect(await collected(text)).toBe("sent");
    await smsc.receipt(parts[0], "p1", "DELIVRD");
    expect(await collected(text)).toBe("delivered");
  });

  it("has not when one of them has not", async () => {
    const text = world.text({ text: long });
    smsc.replies.push({ message_id: "q1" }, { message_id: "q2" }, { message_id: "q3" });
    await world.send(text);
    for (const [id, state] of [
      ["q1", "DELIVRD"],
      ["q2", "UNDELIV"],
      ["q3", "DELIVRD"],
    ] as const)
      await smsc.receipt(submits()[0], id, state);
    expect(await collected(text)).toBe("undelivered");
  });

  it("costs one submit where its recipient is refused", async () => {
    smsc.replies.push({ command_status: 0x0b });
    expect(await world.send(world.text({ text: long }))).toMatchObject({ kind: "refused" });
    expect(submits()).toHaveLength(1);
  });

  it("is finished later where only some of it was taken on, and no part leaves twice", async () => {
    const text = world.text({ text: long });
    smsc.replies.push({}, { command_status: 0x08 });
    expect(await world.send(text)).toEqual({ kind: "unknown", status: "queued" });
    world.clock.advance(CARRIER.askAgainSec.first);
    expect(await world.send(text)).toEqual({ kind: "accepted", status: "sent" });
    const parts = submits().map(({ short_message: { udh } }) => (udh as Buffer[])[0]?.[4]);
    expect(parts.toSorted()).toEqual(parts[1] === 2 ? [1, 2, 2, 3] : [1, 2, 3, 3]);
  });

  it("of which a part has no answer is not sent again", async () => {
    const text = world.text({ text: long });
    smsc.replies.push({ message_id: "r1" }, "silence", { message_id: "r3" });
    expect(await inTime(world, world.send(text))).toEqual({ kind: "unknown", status: "queued" });
    world.clock.advance(overSec());
    expect(await world.send(text)).toMatchObject({ kind: "unknown" });
    expect(submits()).toHaveLength(3);
  });
});
