import smpp from "smpp";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SMPP } from "../../../api/limits.ts";
import { createSmppWorld, inTime, LINE, type SmppWorld } from "./smpp-world.ts";
import { until } from "./smsc.ts";

let world: SmppWorld;
let friend: string;
let before: number;
let friends = 0;
beforeAll(async () => {
  world = await createSmppWorld();
});
beforeEach(async () => {
  friends++;
  friend = `+4477009${10_000 + friends}`;
  world.clock.advance(1);
  await inTime(world, world.bound());
  before = (await world.received()).length;
});
afterAll(() => world?.close());

const ends = () => ({ source_addr_ton: 1, source_addr: friend.slice(1), destination_addr: LINE.slice(1) });
const write = (text: string, options: Record<string, unknown> = {}) =>
  world.smsc.deliver({ ...ends(), data_coding: 0, short_message: text, ...options });
/** One of a text in parts, by the text's number. */
type Place = [textNumber: number, part: number, parts: number];
const part = ([textNumber, number, of]: Place, octets: Buffer | string, options = {}) =>
  world.smsc.deliver({
    ...{ ...ends(), esm_class: 0x40, ...options },
    short_message: { udh: Buffer.from([5, 0, 3, textNumber, of, number]), message: octets },
  });
/** What was told in this test. */
const received = async () => (await world.received()).slice(before);
const bodies = async () => (await world.received()).filter(({ other }) => other === friend).map(({ body }) => body);
const rebound = async () => {
  const binds = world.smsc.binds.length;
  world.smsc.drop();
  await inTime(
    world,
    until(
      () => world.smsc.binds.length,
      (count) => count > binds,
    ),
  );
  await inTime(world, world.bound());
};

describe("a message from outside", () => {
  it("is its writer's, to the line, and answered once it is on record", async () => {
    expect(await write("Hello ñ €")).toBe(0);
    expect(await received()).toMatchObject([{ other: friend, line: LINE, body: "Hello ñ €" }]);
  });

  it("that cannot be put on record is to be told again", async () => {
    const { pool } = world.db;
    await pool.query("alter table app.smpp_inbound rename to away");
    expect(await write("Hello")).toBe(0x64);
    await pool.query("alter table app.away rename to smpp_inbound");
    expect(await write("Hello")).toBe(0);
    expect(await bodies()).toEqual(["Hello"]);
  });

  it("is told once where the carrier missed our answer, and twice where somebody wrote it twice", async () => {
    await write("yes");
    await write("yes");
    expect(await bodies()).toEqual(["yes", "yes"]);
    await rebound();
    await write("yes");
    expect(await bodies()).toEqual(["yes", "yes"]);
    world.clock.advance(SMPP.repeatedWithinSec + 1);
    await inTime(world, world.bound());
    await write("yes");
    expect(await bodies()).toEqual(["yes", "yes", "yes"]);
  });

  it.each([
    ["a national number of the line's country", { source_addr_ton: 2, source_addr: "2125551234" }, "+12125551234"],
    [
      "a number with its country, called national",
      { source_addr_ton: 2, source_addr: "447700900001" },
      "+447700900001",
    ],
    ["a number of no kind", { source_addr_ton: 0, source_addr: "447700900001" }, "+447700900001"],
    ["a number with a plus sign", { source_addr_ton: 0, source_addr: "+447700900001" }, "+447700900001"],
    ["a number with two zeros", { source_addr_ton: 0, source_addr: "00447700900001" }, "+447700900001"],
    ["a short code", { source_addr_ton: 3, source_addr: "72345" }, "72345"],
    ["a name", { source_addr_ton: 5, source_addr: "Bank" }, "Bank"],
  ])("is of %s", async (_, options, other) => {
    await write("x", options);
    expect(await received()).toMatchObject([{ other }]);
  });

  it("to the pool is not read, but what it wishes is kept", async () => {
    await write("Stop", { destination_addr: "Turnpike" });
    expect(await received()).toEqual([]);
    expect(await world.send(world.text({ to: friend }))).toEqual({ kind: "refused", status: "failed" });
    expect(world.smsc.submits).toEqual([]);
  });

  it("that is data for a program is answered, and not told", async () => {
    expect(await world.smsc.deliver({ ...ends(), data_coding: 4, short_message: Buffer.from([1, 2]) })).toBe(0);
    expect(await bodies()).toEqual([]);
  });

  it("that ends too early is not to be told again, and what follows is heard", async () => {
    const whole = new smpp.PDU("deliver_sm", { ...ends(), short_message: "Hello" });
    whole.sequence_number = 99;
    const octets = whole.toBuffer().subarray(0, -3);
    octets.writeUInt32BE(octets.length, 0);
    world.smsc.write(octets);
    const [answer] = await until(
      () => world.smsc.others.filter(({ sequence_number: sequence }) => sequence === 99),
      ({ length }) => length > 0,
    );
    expect(answer).toMatchObject({ command: "deliver_sm_resp", command_status: 0x65 });
    await write("Well?");
    expect(await bodies()).toEqual(["Well?"]);
  });
});

describe("a message in parts", () => {
  it("is one text, in whichever order they come, over however many connections", async () => {
    await part([7, 3, 3], "three");
    await part([8, 1, 2], "other ");
    await part([7, 1, 3], "one ");
    await rebound();
    await part([7, 1, 3], "one ");
    expect(await bodies()).toEqual([]);
    await part([7, 2, 3], "two ");
    await part([7, 2, 3], "two ");
    expect(await bodies()).toEqual(["one two three"]);
    await part([8, 2, 2], "one");
    expect((await bodies()).toSorted()).toEqual(["one two three", "other one"]);
  });

  it("may be cut within a character", async () => {
    const octets = Buffer.from("a😀b", "utf16le").swap16();
    await part([1, 1, 2], octets.subarray(0, 4), { data_coding: 8 });
    await part([1, 2, 2], octets.subarray(4), { data_coding: 8 });
    expect(await bodies()).toEqual(["a😀b"]);
  });

  it("of one sender is not another's, nor to another line", async () => {
    await part([1, 1, 2], "a");
    await part([1, 2, 2], "b", { source_addr: "447700900002" });
    await part([1, 2, 2], "b", { destination_addr: "447700900200" });
    expect(await bodies()).toEqual([]);
  });

  it("may have the number of an earlier one", async () => {
    for (const text of ["first", "other"]) {
      await part([1, 1, 2], `${text} `);
      await part([1, 2, 2], "text");
      world.clock.advance(SMPP.repeatedWithinSec + 1);
      await inTime(world, world.bound());
    }
    expect(await bodies()).toEqual(["first text", "other text"]);
  });

  it("whose others never come is told as it is, and forgotten once nobody repeats it", async () => {
    await part([1, 2, 3], "middle ");
    await part([1, 3, 3], "end");
    world.clock.advance(SMPP.partsWithinSec + 1);
    expect(await bodies()).toEqual(["middle end"]);
    world.clock.advance(SMPP.repeatedWithinSec);
    expect(await bodies()).toEqual(["middle end"]);
    const { rowCount } = await world.db.pool.query("select from app.smpp_inbound where sender = $1", [friend]);
    expect(rowCount).toBe(0);
  });
});
