import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expireLeases } from "../../../api/products/numbers/give-back.ts";
import { listMessages } from "../../../api/products/numbers/history.ts";
import { collectEvents, takeEvent } from "../../../api/providers/phone/collect.ts";
import { addInbound } from "../../../api/providers/phone/sandbox/events.ts";
import type { CarrierEvent, PhoneProvider, Receipt } from "../../../api/providers/phone.ts";
import { createPhoneWorld, DAY, type PhoneWorld, strangerWallet, wallet } from "./phone-world.ts";

let world: PhoneWorld;
beforeAll(async () => {
  world = await createPhoneWorld();
});
afterAll(() => world?.close());

const statusOf = async (messageId: unknown) =>
  (await world.pool.query("select status from app.message where message_id = $1", [String(messageId).slice(4)])).rows[0]
    .status;
const sent = async (to: string) => (await world.buy("sms.send", { to, message: "x" })).messageId;
/** The carrier, which has but this number to sell. */
const selling = (phoneNumber: string): PhoneProvider => ({
  ...world.deps.phone,
  buyNumber: async () => ({ kind: "bought", phoneNumber }),
});
const passes = async (sec: number) => {
  world.clock.advance(sec);
  await world.collect();
};

describe("receipts", () => {
  it("arrive later: sent, then delivered", async () => {
    const messageId = await sent("+447700900001");
    expect(await statusOf(messageId)).toBe("sent");
    await passes(2);
    expect(await statusOf(messageId)).toBe("sent");
    await passes(1);
    expect(await statusOf(messageId)).toBe("delivered");
  });

  it.each([
    ["twice each", "+15005550003", "delivered"],
    ["out of order", "+15005550005", "delivered"],
    ["bad news", "+15005550006", "undelivered"],
    ["never", "+15005550007", "sent"],
  ])("may come %s", async (_, to, status) => {
    const messageId = await sent(to);
    for (let i = 0; i < 5; i++) await passes(1);
    expect(await statusOf(messageId)).toBe(status);
  });

  it("may come before the answer of the call that they are about", async () => {
    const { phone } = world.deps;
    const statuses: string[] = [];
    const slow: PhoneProvider = {
      ...phone,
      sendMessage: async (text) => {
        const answer = await phone.sendMessage(text);
        await world.collect();
        const { rows } = await world.pool.query("select status from app.message where reference = $1", [
          text.reference,
        ]);
        statuses.push(rows[0].status);
        return answer;
      },
    };
    const sale = world.sale("sms.send", { ...world.deps, phone: slow });
    const { messageId } = await sale.fulfil(world.order(sale, { to: "+15005550004", text: "x" }));
    expect(statuses).toEqual(["delivered"]);
    expect(await statusOf(messageId)).toBe("delivered");
  });

  it("are the answer when that was missed", async () => {
    const sale = world.sale("sms.send");
    const order = world.order(sale, { to: "+15005550002", text: "x" });
    await expect(sale.fulfil(order)).rejects.toMatchObject({ name: "NotYet" });
    await world.fault({ place: "find", kind: "silent", times: 10 });
    await passes(1);
    expect(await sale.fulfil(order)).toMatchObject({ success: true, to: "+15005550002" });
    await world.pool.query("delete from carrier.fault");
  });

  it("stand against a refusal that comes after them", async () => {
    const { phone } = world.deps;
    const torn: PhoneProvider = {
      ...phone,
      sendMessage: async (text) => {
        await phone.sendMessage(text);
        await world.collect();
        return { kind: "refused", reason: "recipient_refused" };
      },
    };
    const sale = world.sale("sms.send", { ...world.deps, phone: torn });
    const { messageId } = await sale.fulfil(world.order(sale, { to: "+15005550004", text: "x" }));
    expect(await statusOf(messageId)).toBe("delivered");
  });

  it("make the same of a text in whichever order and number they come", async () => {
    const at = new Date(world.clock.nowMs());
    const kinds: Receipt["status"][] = ["sent", "undelivered", "delivered"];
    for (let run = 0; run < 60; run++) {
      const sale = world.sale("sms.send");
      const order = world.order(sale, { to: "+447700900001", text: "x" });
      const { messageId } = await sale.fulfil(order);
      const told = Array.from({ length: 5 }, (_, i) => kinds[Math.floor(run / 3 ** i) % 3] as Receipt["status"]);
      for (const status of told) {
        const event: CarrierEvent = { id: "1", at, kind: "receipt", reference: order.id, status };
        await takeEvent(world.deps, event);
      }
      const best = (["delivered", "undelivered", "sent"] as const).find((status) => told.includes(status));
      expect([told, await statusOf(messageId)]).toEqual([told, best]);
    }
  });

  it("of texts that nobody sent change nothing", async () => {
    const at = new Date(world.clock.nowMs());
    for (const reference of ["not ours", "3f0f54f4-6b0d-4f6a-9d4b-0c5a9f3f9a11"])
      await takeEvent(world.deps, { id: "1", at, kind: "receipt", reference, status: "delivered" });
    const { rows } = await world.pool.query("select from app.message where reference = 'not ours'");
    expect(rows).toEqual([]);
  });
});

describe("the collection", () => {
  it("leaves a text to who held the line when it came, however late it is heard of", async () => {
    const line = await world.line();
    await addInbound(world.pool, { from: "+447700900002", to: line, text: "your code" }, new Date(world.clock.nowMs()));
    world.clock.advance(38 * DAY);
    await expireLeases(world.deps);
    const sale = world.sale("numbers.buy.us", { ...world.deps, phone: selling(line) });
    await sale.fulfil(world.order(sale, { country: "US" }, strangerWallet));
    await world.collect();
    const seenBy = async ({ address }: typeof wallet) =>
      (
        await listMessages(world.deps, { address, onlyChainId: undefined }, { phoneNumber: line, offset: 0, limit: 9 })
      ).map(({ message }) => message);
    expect([await seenBy(wallet), await seenBy(strangerWallet)]).toEqual([["your code"], []]);
  });

  it("takes the others in when one event cannot be, and that one later", async () => {
    const line = await world.line();
    const { phone } = world.deps;
    let isBroken = true;
    const events = async () =>
      (await phone.events()).map((event): CarrierEvent => {
        const isFirst = event.kind === "inbound" && event.text === "first";
        return isBroken && isFirst ? { ...event, reference: null as never } : event;
      });
    const deps = { ...world.deps, phone: { ...phone, events } };
    for (const text of ["first", "second"])
      await addInbound(world.pool, { from: "+447700900002", to: line, text }, new Date(world.clock.nowMs()));
    const stored = async () =>
      (await world.pool.query("select body from app.message where line = $1 order by body", [line])).rows.map(
        ({ body }) => body,
      );
    await collectEvents(deps);
    expect(await stored()).toEqual(["second"]);
    isBroken = false;
    await collectEvents(deps);
    expect(await stored()).toEqual(["first", "second"]);
  });

  it("keeps one copy when two processes collect at once, or one dies before it says so", async () => {
    const line = await world.line();
    const sibling = await world.sibling();
    await addInbound(world.pool, { from: "+447700900002", to: line, text: "hi" }, new Date(world.clock.nowMs()));
    const forgetful = { ...world.deps.phone, acknowledge: async () => {} };
    await collectEvents({ ...world.deps, phone: forgetful });
    await Promise.all([world.collect(), sibling.collect()]);
    const { rows } = await world.pool.query("select body from app.message where line = $1", [line]);
    expect(rows).toEqual([{ body: "hi" }]);
  });

  it("stores what a database would choke on", async () => {
    const line = await world.line();
    const at = new Date(world.clock.nowMs());
    const inbound = { kind: "inbound", reference: "odd", line, from: "Bank\0", to: line, text: "a\0b\ud83d" } as const;
    await takeEvent(world.deps, { id: "1", at, ...inbound });
    const { rows } = await world.pool.query("select other, body from app.message where line = $1", [line]);
    expect(rows).toEqual([{ other: "Bank", body: "ab\ufffd" }]);
  });
});
