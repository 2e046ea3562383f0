import { afterEach, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { SMPP } from "../../../api/limits.ts";
import type { Text } from "../../../api/providers/phone.ts";
import { freshDatabase } from "../../support/database.ts";
import { createSmppWorld, inTime, type SmppWorld } from "./smpp-world.ts";
import { until } from "./smsc.ts";

const WINDOW = 5;

let databaseUrl: string;
let world: SmppWorld;
beforeAll(async () => {
  databaseUrl = await freshDatabase(inject("pgUrl"));
});
beforeEach(async () => {
  world = await createSmppWorld({ SMPP_WINDOW: String(WINDOW) }, { databaseUrl });
  await world.bound();
});
afterEach(() => world?.close());

const recipients = () => world.smsc.submits.map(({ destination_addr: to }) => `+${to}`);
const texts = (count: number): Text[] => Array.from({ length: count }, () => world.text());
const countOf = (outcomes: readonly { kind: string }[], kind: string) =>
  outcomes.filter((one) => one.kind === kind).length;

describe("the window", () => {
  it("holds no more texts without an answer than the operator allows", async () => {
    const { smsc } = world;
    smsc.replies.push(...Array.from({ length: WINDOW }, () => "silence" as const));
    const all = texts(WINDOW + 3);
    const sending = Promise.all(all.map(world.send));
    await until(recipients, ({ length }) => length === WINDOW);
    // What the carrier does after that it has read before.
    await smsc.deliver({ source_addr: "447700900001", destination_addr: "Turnpike", short_message: "x" });
    expect(recipients()).toHaveLength(WINDOW);
    for (const [i, submit] of smsc.submits.entries()) smsc.answer(submit, { message_id: `w${i}` });
    expect(countOf(await sending, "accepted")).toBe(WINDOW + 3);
  });

  it("that is full when the connection is lost is in doubt, and all else leaves on the next, each once", async () => {
    const { smsc, clock } = world;
    smsc.replies.push(...Array.from({ length: WINDOW }, () => "silence" as const));
    const all = texts(3 * WINDOW);
    const sending = Promise.all(all.map(world.send));
    await until(recipients, ({ length }) => length === WINDOW);
    const lost = recipients();
    smsc.drop();
    const outcomes = await inTime(world, sending, 0.1);
    expect([countOf(outcomes, "unknown"), countOf(outcomes, "accepted")]).toEqual([WINDOW, 2 * WINDOW]);
    expect(await world.phone.health()).toMatchObject({ facts: { "texts without an answer": String(WINDOW) } });
    clock.advance(60);
    await inTime(world, world.bound());
    for (const text of all) await world.send(text);
    expect(new Set(recipients()).size).toBe(3 * WINDOW);
    expect(recipients()).toHaveLength(3 * WINDOW);

    // Under ids that no answer told; they are of nothing else.
    for (const [i, submit] of smsc.submits.slice(0, WINDOW).entries())
      await smsc.receipt(submit, `lost${i}`, "DELIVRD");
    clock.advance(world.phone.answersWithinSec + 1);
    await world.collect();
    for (const text of all.filter(({ to }) => lost.includes(to)))
      expect(await world.send(text)).toEqual({ kind: "accepted", status: "delivered" });
  });

  it("of texts that the carrier has no time for is sent again after one pause", async () => {
    const { smsc, clock, db } = world;
    smsc.replies.push(...Array.from({ length: WINDOW }, () => "silence" as const));
    const others = clock.sleeping;
    const sending = Promise.all(texts(WINDOW).map(world.send));
    await until(recipients, ({ length }) => length === WINDOW);
    for (const submit of smsc.submits) smsc.answer(submit, { command_status: 0x58 });
    const begun = "select from app.smpp_part where state = 'begun'";
    await until(
      async () => [recipients().length, (await db.pool.query(begun)).rowCount, clock.sleeping - others],
      // Each text's own end and its pause.
      ([submits, onTheirWay, sleeping]) => submits === WINDOW && onTheirWay === 0 && sleeping === 2 * WINDOW,
    );
    clock.advance(SMPP.throttledSec.first);
    expect(countOf(await sending, "accepted")).toBe(WINDOW);
    expect(recipients()).toHaveLength(2 * WINDOW);
  });

  it("lets one of two processes send a text", async () => {
    const other = await world.sibling();
    await other.bound();
    const all = texts(20);
    const asked = all.flatMap((text) => [world.phone.sendMessage(text), other.phone.sendMessage(text)]);
    await Promise.all(asked);
    expect(recipients().toSorted()).toEqual(all.map(({ to }) => to));
    for (const text of all) expect(await world.phone.findMessage(text, new Date(0))).toEqual({ kind: "accepted" });
  });
});

describe("a process that is killed", () => {
  it("leaves behind what nobody sends again, and what nobody had sent is sent", async () => {
    const { smsc, clock } = world;
    const [inFlight, never] = texts(2) as [Text, Text];
    smsc.replies.push("silence");
    void world.phone.sendMessage(inFlight).catch(() => {});
    await until(recipients, ({ length }) => length === 1);
    const other = await world.sibling();
    await other.bound();
    const triedAt = new Date(clock.nowMs());
    expect(await other.phone.findMessage(never, triedAt)).toEqual({ kind: "unknown" });
    expect(await other.phone.findMessage(inFlight, triedAt)).toEqual({ kind: "unknown" });
    clock.advance(other.phone.answersWithinSec);
    expect(await other.phone.findMessage(never, triedAt)).toEqual({ kind: "absent" });
    expect(await other.phone.findMessage(inFlight, triedAt)).toEqual({ kind: "unknown" });
    expect(await other.phone.sendMessage(inFlight)).toEqual({ kind: "unknown" });
    expect(recipients()).toHaveLength(1);
  });
});
