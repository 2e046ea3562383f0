import type { PDU } from "smpp";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CARRIER, SMPP } from "../../../api/limits.ts";
import type { Text } from "../../../api/providers/phone.ts";
import { createSmppWorld, inTime, type SmppWorld } from "./smpp-world.ts";
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
/** After which no answer is on its way any more. */
const overSec = () => world.phone.answersWithinSec + 1;
const lostText = async (text: Text) => {
  smsc.replies.push("silence");
  return inTime(world, world.send(text));
};
const collected = async (text: Text) => {
  await world.collect();
  return world.statusOf(text);
};

describe("a text without an answer", () => {
  it("is never sent again, and its receipt tells of it", async () => {
    const text = world.text();
    expect(await lostText(text)).toEqual({ kind: "unknown", status: "queued" });
    world.clock.advance(overSec());
    expect(await world.send(text)).toEqual({ kind: "unknown", status: "queued" });
    await smsc.receipt(submits()[0], "whose-is-it", "DELIVRD");
    expect(await collected(text)).toBe("queued");
    world.clock.advance(overSec());
    expect(await collected(text)).toBe("delivered");
    expect(await world.send(text)).toEqual({ kind: "accepted", status: "delivered" });
    expect(submits()).toHaveLength(1);
  });

  it.each([
    [{ message_id: "late" }, { kind: "accepted", status: "sent" }, 1],
    [{ command_status: 0x0b }, { kind: "refused", status: "failed" }, 1],
    [{ command_status: 0x58 }, { kind: "accepted", status: "sent" }, 2],
  ])("may have a late one: %j", async (fields, outcome, times) => {
    const text = world.text();
    expect(await lostText(text)).toMatchObject({ kind: "unknown" });
    smsc.answer(submits()[0], fields);
    const tried = new Date(0);
    await until(
      () => world.phone.findMessage(text, tried),
      ({ kind }) => kind !== "unknown",
    );
    world.clock.advance(overSec());
    expect(await world.send(text)).toEqual(outcome);
    expect(submits()).toHaveLength(times);
  });

  it("and without a receipt is given up, so that its payer is credited", async () => {
    const text = world.text();
    await lostText(text);
    world.clock.advance(CARRIER.giveUpSec);
    expect(await world.send(text)).toEqual({ kind: "refused", status: "failed" });
    expect(submits()).toHaveLength(1);
  });

  it("leaves the receipt to one that is waited for, once it is given up", async () => {
    const old = world.text();
    await lostText(old);
    world.clock.advance(CARRIER.giveUpSec);
    expect(await world.send(old)).toEqual({ kind: "refused", status: "failed" });
    await inTime(world, world.bound());
    const text = world.text({ to: old.to });
    expect(await lostText(text)).toMatchObject({ kind: "unknown" });
    await smsc.receipt(submits()[1], "of-the-second", "DELIVRD");
    world.clock.advance(overSec());
    expect([await collected(text), await world.statusOf(old)]).toEqual(["delivered", "failed"]);
  });

  it("takes no receipt of another one to the same number", async () => {
    const lost = world.text();
    const sent = world.text({ to: lost.to });
    await lostText(lost);
    smsc.replies.push({ message_id: "known" });
    await world.send(sent);
    await smsc.receipt(submits()[1], "known", "DELIVRD");
    world.clock.advance(overSec());
    expect([await collected(sent), await world.statusOf(lost)]).toEqual(["delivered", "queued"]);
  });
});

describe("an id that the carrier gives twice", () => {
  it("is the first one's, and the second is sent all the same; after days it is the new one's", async () => {
    const [first, second, third] = [world.text(), world.text(), world.text()];
    for (const text of [first, second]) {
      smsc.replies.push({ message_id: "twice" });
      expect(await world.send(text)).toMatchObject({ kind: "accepted" });
    }
    await smsc.receipt(submits()[1], "twice", "DELIVRD");
    expect([await collected(first), await world.statusOf(second)]).toEqual(["delivered", "sent"]);
    await world.db.pool.query("delete from app.carrier_news");
    world.clock.advance(SMPP.idsAgainAfterSec + 1);
    smsc.replies.push({ message_id: "twice" });
    await inTime(world, world.send(third));
    await smsc.receipt(submits()[2], "twice", "DELIVRD");
    expect(await collected(third)).toBe("delivered");
  });
});
