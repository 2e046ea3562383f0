import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { claimName } from "../../../api/providers/phone/carrier-names.ts";
import { refusalOf } from "../../../api/providers/phone/twilio/refusals.ts";
import type { Text } from "../../../api/providers/phone.ts";
import type { Order } from "../../../dev/carriers/twilio/control.ts";
import { newSid } from "../../../dev/carriers/twilio/state.ts";
import { createTwilioShop, type TwilioShop, textTo } from "./twilio-shop.ts";

let world: TwilioShop;
let twilio: TwilioShop["twilio"];
beforeAll(async () => {
  world = await createTwilioShop();
  ({ twilio } = world);
});
beforeEach(() => twilio.order({ usual: true }));
afterAll(() => world?.close());

const now = () => new Date(world.shop.clock.nowMs());
const carried = ({ to }: Text) => twilio.messages().filter((message) => message.to === to).length;
let n = 0;
/** To somebody who has got nothing yet. */
const fresh = (text?: string) => textTo(`+4477009${String(10_000 + n++)}`, text);

describe("a text whose answer is no answer", () => {
  it.each<[string, Order & object]>([
    ["500, and nothing was done", { at: "send", how: "500" }],
    ["500, and it was sent", { at: "send", how: "500", done: true }],
    ["503", { at: "send", how: "503" }],
    ["the connection is reset before it", { at: "send", how: "reset" }],
    ["the connection is reset after it", { at: "send", how: "reset", done: true }],
    ["half of it comes", { at: "send", how: "half" }],
    ["a proxy's page", { at: "send", how: "html" }],
    ["a proxy's page, and it was sent", { at: "send", how: "html", done: true }],
  ])("is sent once: %s", async (_, fault) => {
    twilio.order({ receipts: "never" });
    twilio.order(fault as Order);
    const text = fresh();
    expect((await world.send(text)).outcome).toMatchObject({ kind: "unknown" });
    expect(await world.finish(text)).toMatchObject({ kind: "accepted" });
    expect(carried(text)).toBe(1);
  });

  it.each([
    ["408", { status: 408, json: { code: 20408 } }],
    ["409", { status: 409, json: { code: 20409 } }],
    ["425", { status: 425, json: { code: 20425 } }],
    ["a 404 of who stands in between", { status: 404, json: { message: "no Route matched with those values" } }],
  ])("is no refusal: %s", (_, told) => {
    expect(refusalOf({ kind: "answer", ...told }, "sender_refused")).toEqual({ kind: "unknown" });
  });

  it("is sent once when Twilio takes it and says nothing", async () => {
    const hasty = world.open({}, { timeoutMs: { connect: 1_000, ask: 5_000, act: 200 } });
    twilio.order({ receipts: "never" });
    twilio.order({ at: "send", how: "silence", done: true });
    const text = fresh();
    expect((await world.send(text, hasty)).outcome).toMatchObject({ kind: "unknown" });
    const before = twilio.asked("send");
    expect(await world.finish(text)).toMatchObject({ kind: "accepted" });
    expect([carried(text), twilio.asked("send")]).toEqual([1, before]);
  });

  it("is credited when the operator changes the sender meanwhile, by whom it would be looked for", async () => {
    twilio.order({ receipts: "never" });
    twilio.order({ at: "send", how: "reset", done: true });
    const text = fresh();
    expect((await world.send(text)).outcome).toMatchObject({ kind: "unknown" });
    world.shop.clock.advance(200);
    const moved = world.open({ sender: { from: await world.shop.line() } });
    expect((await world.send(text, moved)).outcome).toEqual({ kind: "refused", reason: "no_answer" });
    expect(carried(text)).toBe(1);
  });

  it("is looked for until nothing of it can be on its way, and sent again only then", async () => {
    twilio.order({ at: "send", how: "reset" });
    const text = fresh();
    const triedAt = now();
    expect(await world.phone.sendMessage(text)).toEqual({ kind: "unknown" });
    world.shop.clock.advance(119);
    expect(await world.phone.findMessage(text, triedAt)).toEqual({ kind: "unknown" });
    world.shop.clock.advance(1);
    expect(await world.phone.findMessage(text, triedAt)).toEqual({ kind: "absent" });
  });

  it("is not known to be absent while the list can not be read", async () => {
    const text = fresh();
    const triedAt = new Date(now().getTime() - 3600_000);
    for (const how of ["500", "429", "reset", "html", "half"] as const) {
      twilio.order({ at: "find_text", how });
      expect([how, await world.phone.findMessage(text, triedAt)]).toEqual([how, { kind: "unknown" }]);
      world.shop.clock.advance(1);
    }
  });

  it("is known by its receipt, should that be all that comes", async () => {
    twilio.order({ at: "send", how: "reset", done: true });
    const text = fresh();
    await world.phone.sendMessage(text);
    await twilio.idle();
    twilio.order({ at: "find_text", how: "500", times: 5 });
    expect(await world.phone.findMessage(text, now())).toEqual({ kind: "accepted" });
  });
});

describe("Twilio with too much to do", () => {
  it("gets the text once, and not before it wants to", async () => {
    twilio.order({ at: "send", how: "429", retryAfterSec: 7 });
    const text = fresh();
    const before = twilio.asked("send");
    expect((await world.send(text)).outcome).toEqual({ kind: "unknown", retryAfterSec: 2 });
    world.shop.clock.advance(2);
    expect((await world.send(text)).outcome).toMatchObject({ kind: "unknown" });
    expect(twilio.asked("send")).toBe(before + 1);
    const begun = now().getTime();
    expect(await world.finish(text)).toMatchObject({ kind: "accepted" });
    expect([carried(text), twilio.asked("send") - before]).toEqual([1, 2]);
    expect(now().getTime() - begun).toBeLessThan(60_000);
  });

  it("that is not reached at all is asked again in seconds", async () => {
    const away = world.open({ url: "http://127.0.0.1:1" });
    const text = fresh();
    expect(await away.sendMessage(text)).toEqual({ kind: "absent" });
    expect((await world.send(text, away)).outcome).toEqual({ kind: "unknown", retryAfterSec: 2 });
    world.shop.clock.advance(2);
    expect((await world.send(text)).outcome).toMatchObject({ kind: "accepted" });
  });
});

describe("texts that are alike", () => {
  it("each have a message of their own, whichever answers are lost", async () => {
    const alike = fresh("your code is 1234");
    const texts = Array.from({ length: 4 }, () => ({ ...textTo(alike.to, alike.text) }));
    for (const done of [true, false, true, false]) {
      twilio.order({ receipts: "never" });
      twilio.order({ at: "send", how: "reset", done });
    }
    for (const text of texts) expect((await world.send(text)).outcome.kind).toBe("unknown");
    expect(carried(alike)).toBe(2);
    const outcomes = await Promise.all(texts.map((text) => world.finish(text)));
    expect(outcomes).toEqual(Array(4).fill({ kind: "accepted" }));
    expect(carried(alike)).toBe(4);
    const { rows } = await world.shop.server.deps.db.pool.query(
      "select distinct carrier_id from app.carrier_name where reference = any($1)",
      [texts.map(({ reference }) => reference)],
    );
    expect(rows).toHaveLength(4);
  });

  it("do not take for theirs what another has claimed while they waited for their answer", async () => {
    twilio.order({ receipts: "never" });
    twilio.order({ at: "send", how: "slow", slowMs: 1_000 });
    const first = fresh("alike");
    const second = textTo(first.to, first.text);
    const sending = world.phone.sendMessage(first);
    await vi.waitFor(() => expect(carried(first)).toBe(1));
    expect(await world.phone.findMessage(second, now())).toEqual({ kind: "accepted" });
    expect(await sending).toEqual({ kind: "unknown" });
    expect(await world.phone.findMessage(first, now())).toEqual({ kind: "unknown" });
  });

  it("are not those in other words, to somebody else or from another line, which wait to be found themselves", async () => {
    const line = await world.shop.line();
    const text = fresh("hello");
    const others = [textTo(text.to, "hello!"), textTo(fresh().to, "hello"), textTo(text.to, "hello", line)];
    for (const other of others) {
      twilio.order({ receipts: "never" });
      twilio.order({ at: "send", how: "reset", done: true });
      expect(await world.phone.sendMessage(other)).toEqual({ kind: "unknown" });
    }
    const triedAt = now();
    world.shop.clock.advance(200);
    expect(await world.phone.findMessage(text, triedAt)).toEqual({ kind: "absent" });
    for (const other of others) expect(await world.phone.findMessage(other, triedAt)).toEqual({ kind: "accepted" });
  });

  it("are found on later pages of what Twilio lists", async () => {
    const text = fresh("old");
    twilio.order({ receipts: "never" });
    twilio.order({ at: "send", how: "reset", done: true });
    await world.send(text);
    const [sent] = twilio.messages().slice(-1);
    const others = Array.from({ length: 450 }, (_, i) => ({ ...sent, sid: newSid("SM"), body: `other ${i}` }));
    (twilio.messages() as unknown[]).push(...others);
    expect(await world.phone.findMessage(text, now())).toEqual({ kind: "accepted" });
  });
});

describe("a text that Twilio refuses", () => {
  it.each([
    ["+15005550001", "recipient_refused"],
    ["+15005550002", "recipient_refused"],
    ["+15005550003", "recipient_refused"],
    ["+15005550004", "opted_out"],
    ["+15005550009", "recipient_refused"],
  ])("to %s is refused: %s", async (to, reason) => {
    expect(await world.phone.sendMessage(textTo(to))).toEqual({ kind: "refused", reason });
  });

  it("for an unknown reason, line, account or want of money is refused, too", async () => {
    const refused = (reason: string) => ({ kind: "refused", reason });
    expect(await world.phone.sendMessage(textTo("+447700900001", "x", "+12125550199"))).toEqual(
      refused("sender_refused"),
    );
    twilio.order({ at: "send", how: "error", status: 400, code: 99999 });
    expect(await world.phone.sendMessage(fresh())).toEqual(refused("sender_refused"));
    const stranger = world.open({ authToken: "guessed" });
    expect(await stranger.sendMessage(fresh())).toEqual(refused("sender_refused"));
    twilio.order({ balanceUsd: 0.001 });
    const text = fresh();
    expect(await world.phone.sendMessage(text)).toEqual(refused("no_balance"));
    expect(carried(text)).toBe(0);
    twilio.order({ balanceUsd: 1_000 });
    twilio.order({ account: "active" });
  });

  it("because its recipient opted out there is not paid for a second time", async () => {
    const to = "+15005550004";
    await world.phone.sendMessage(textTo(to));
    const before = world.shop.settled.length;
    const { status, body } = await world.shop.pay("/api/v1/sms/send", { to, message: "x" });
    expect([status, body.error, world.shop.settled.length]).toEqual([403, "recipient_opted_out", before]);
  });

  it("is credited, too, when the process dies before it has written that down", async () => {
    const text = fresh();
    twilio.order({ receipts: "failed" });
    twilio.order({ at: "send", how: "reset", done: true });
    const forgetful = world.open({}, { publicUrl: "http://127.0.0.1:1" });
    await forgetful.sendMessage(text);
    await twilio.idle();
    const sid = String(twilio.messages().at(-1)?.sid);
    const name = { carrier: "twilio", carrierId: sid, reference: text.reference };
    await claimName(world.shop.server.deps.db.pool, name);
    expect(await world.phone.findMessage(text, now())).toEqual({ kind: "refused", reason: "sender_refused" });
  });

  it("when it is found is credited as well", async () => {
    twilio.order({ receipts: "failed" });
    twilio.order({ at: "send", how: "reset", done: true });
    const forgetful = world.open({}, { publicUrl: "http://127.0.0.1:1" });
    const text = fresh();
    expect(await forgetful.sendMessage(text)).toEqual({ kind: "unknown" });
    await twilio.idle();
    expect(await world.phone.findMessage(text, now())).toEqual({ kind: "refused", reason: "sender_refused" });
  });
});
