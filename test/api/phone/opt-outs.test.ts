import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { takeEvent } from "../../../api/providers/phone/collect.ts";
import { wishOf } from "../../../api/providers/phone/opt-outs.ts";
import { POOL_SENDER } from "../../../api/providers/phone/sandbox/ranges.ts";
import { createPhoneWorld, type PhoneWorld, wallet } from "./phone-world.ts";

let world: PhoneWorld;
let bearer: string;
let froms = 0;
beforeAll(async () => {
  world = await createPhoneWorld();
  bearer = await world.signIn();
});
afterAll(() => world?.close());

const OPTED_OUT = { code: "recipient_opted_out", status: 403 };
const somebody = () => `+44770090${String(5000 + froms++)}`;
const fromPool = (to: string) => world.buy("sms.send", { to, message: "x" });
const fromLine = (phoneNumber: string, to: string) =>
  world.buy("numbers.mine.send", { phoneNumber, to, message: "x" }, { authorization: bearer });

describe("the words", () => {
  it.each([
    "STOP",
    "stop",
    " Stop. ",
    "STOP!",
    "stopall",
    "stop all",
    "Unsubscribe",
    "CANCEL",
    "end",
    "QUIT",
    "“stop”",
  ])("%s stops", (text) => {
    expect(wishOf(text)).toBe("stop");
  });
  it.each(["START", "unstop", "Yes"])("%s starts again", (text) => {
    expect(wishOf(text)).toBe("start");
  });
  it.each(["stop it", "please do not stop", "bus stop", "", "!", "nonstop", "HELP"])("%j is talk", (text) => {
    expect(wishOf(text)).toBeUndefined();
  });
});

describe("STOP to a line", () => {
  it("keeps that line from writing, paid or included, and no other", async () => {
    const [line, other, to] = [await world.line(5), await world.line(5), somebody()];
    await fromLine(line, to);
    await world.receive({ from: to, to: line, text: "STOP" });
    await expect(fromLine(line, to)).rejects.toMatchObject(OPTED_OUT);
    const call = world.call({ phoneNumber: line, to, message: "x" }, bearer);
    await expect(world.sale("numbers.mine.send").covered?.(call)).rejects.toMatchObject(OPTED_OUT);
    expect(await fromLine(other, to)).toMatchObject({ success: true });
    expect(await fromPool(to)).toMatchObject({ success: true });
    expect(await fromLine(line, somebody())).toMatchObject({ success: true });
  });

  it("holds for his number in another spelling, too", async () => {
    const [line, to] = [await world.line(5), somebody()];
    await world.receive({ from: to, to: line, text: "STOP" });
    await expect(fromLine(line, to.replace("+44", "+440"))).rejects.toMatchObject(OPTED_OUT);
  });

  it("is taken back by START", async () => {
    const [line, to] = [await world.line(5), somebody()];
    await world.receive({ from: to, to: line, text: "STOP" });
    world.clock.advance(1);
    await world.receive({ from: to, to: line, text: "start" });
    expect(await fromLine(line, to)).toMatchObject({ success: true });
  });

  it("is what it was by its time, in whichever order and number the words arrive", async () => {
    const [line, to] = [await world.line(5), somebody()];
    const say = (text: string, sec: number) => {
      const at = new Date(world.clock.nowMs() + sec * 1000);
      const inbound = { kind: "inbound", reference: `${line} ${sec}`, line, from: to, to: line, text } as const;
      return takeEvent(world.deps, { id: String(sec), at, ...inbound });
    };
    await say("START", 2);
    await say("STOP", 1);
    expect(await fromLine(line, to)).toMatchObject({ success: true });
    await say("STOP", 4);
    await say("START", 3);
    await say("START", 2);
    await expect(fromLine(line, to)).rejects.toMatchObject(OPTED_OUT);
    await say("START", 4.5);
    await say("STOP", 4.5);
    await expect(fromLine(line, to)).rejects.toMatchObject(OPTED_OUT);
  });

  it("also holds for a text that was paid before the word came, which is credited", async () => {
    const [line, to] = [await world.line(0), somebody()];
    const sale = world.sale("numbers.mine.send");
    const call = world.call({ phoneNumber: line, to, message: "x" }, bearer);
    const input = await sale.prepare(call, { payer: wallet.address, chainId: 8453 });
    await world.receive({ from: to, to: line, text: "STOP" });
    const refused = { code: "provider_failed", details: { reason: "opted_out" } };
    await expect(sale.fulfil(world.order(sale, input))).rejects.toMatchObject(refused);
    expect(await world.carried(to)).toBe(0);
  });
});

describe("STOP to the pool", () => {
  it("keeps the pool from writing, and no line", async () => {
    const [line, to] = [await world.line(5), somebody()];
    await world.receive({ from: to, to: POOL_SENDER, text: "Unsubscribe" });
    await expect(fromPool(to)).rejects.toMatchObject(OPTED_OUT);
    expect(await fromLine(line, to)).toMatchObject({ success: true });
    const { rows } = await world.pool.query("select from app.message where direction = 'inbound' and other = $1", [to]);
    expect(rows).toEqual([]);
  });

  it("can be the answer to a text: the sandbox plays the recipient", async () => {
    const to = somebody();
    await world.buy("sms.send", { to, message: "Reply STOP" });
    world.clock.advance(4);
    await world.collect();
    await expect(fromPool(to)).rejects.toMatchObject(OPTED_OUT);
  });
});
