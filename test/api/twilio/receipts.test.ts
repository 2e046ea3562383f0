import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { signatureOf } from "../../../api/providers/phone/twilio/signature.ts";
import type { Receipts } from "../../../dev/carriers/twilio/faults.ts";
import { createTwilioShop, type TwilioShop, textTo } from "./twilio-shop.ts";

let world: TwilioShop;
let twilio: TwilioShop["twilio"];
beforeAll(async () => {
  world = await createTwilioShop();
  ({ twilio } = world);
});
beforeEach(() => twilio.order({ usual: true }));
afterAll(() => world?.close());

let n = 0;
const fresh = () => `+4477009${String(20_000 + n++)}`;
const rows = async (text: string, ...values: unknown[]) =>
  (await world.shop.server.deps.db.pool.query(text, values)).rows;
const statusOf = async (reference: string) =>
  (await rows("select status from app.message where reference = $1", reference))[0]?.status;
const isTaken = async () => (await rows("select from app.carrier_news where acknowledged_at is null")).length === 0;

describe("receipts", () => {
  it.each<[Receipts, string]>([
    ["usual", "delivered"],
    ["twice", "delivered"],
    ["reversed", "delivered"],
    ["early", "delivered"],
    ["undelivered", "undelivered"],
    ["failed", "undelivered"],
    ["never", "sent"],
    ["bad_signature", "sent"],
  ])("that come %s leave a text %s", async (receipts, status) => {
    twilio.order({ receipts });
    const text = textTo(fresh());
    expect((await world.send(text)).outcome).toEqual({ kind: "accepted" });
    await twilio.idle();
    await world.shop.inTime(isTaken, (is) => is);
    expect(await statusOf(text.reference)).toBe(status);
  });

  it("that were not heard are read from a list, from time to time, as are messages from outside", async () => {
    const { clock } = world.shop;
    twilio.order({ receipts: "never" });
    const text = textTo(fresh());
    await world.send(text);
    await twilio.idle();
    const line = await world.shop.line();
    const number = twilio.numbers().find(({ phoneNumber }) => phoneNumber === line) as { smsUrl: string | null };
    number.smsUrl = null;
    const from = fresh();
    expect(await twilio.receive({ from, to: line, body: "are you there?" })).toBe(0);
    // Of somebody else who uses the account.
    const foreign = { ...number, phoneNumber: "+12125550999" };
    (twilio.numbers() as unknown[]).push(foreign);
    await twilio.receive({ from, to: foreign.phoneNumber, body: "not for you" });
    twilio.order({ at: "catch_up", how: "500" });
    const before = twilio.asked("catch_up");
    clock.advance(300);
    await world.shop.inTime(
      async () => twilio.asked("catch_up"),
      (asked) => asked > before,
    );
    expect(await statusOf(text.reference)).toBe("sent");
    clock.advance(300);
    await world.shop.inTime(
      () => statusOf(text.reference),
      (status) => status === "delivered",
    );
    const heard = () => rows("select line, body from app.message where direction = 'inbound' and other = $1", from);
    await world.shop.inTime(heard, (messages) => messages.length > 0);
    clock.advance(300);
    await world.shop.inTime(
      async () => twilio.asked("catch_up"),
      (asked) => asked > before + 2,
    );
    expect(await heard()).toEqual([{ line, body: "are you there?" }]);
  });

  it("of who opted out there keep him from being written to again", async () => {
    twilio.order({ receipts: "opted_out" });
    const to = fresh();
    await world.send(textTo(to));
    await twilio.idle();
    expect(await rows("select sender, is_out from app.opt_out where recipient = $1", to)).toEqual([
      { sender: "pool", is_out: true },
    ]);
  });
});

type News = { path?: string; token?: string; fields?: Record<string, string>; query?: string };

/** What somebody says in Twilio's name. */
async function tell({ path = "inbound", token = twilio.authToken, fields = {}, query = "" }: News): Promise<number> {
  const { publicUrl } = world.shop.server;
  const sid = `SM${String(n++).padStart(32, "0")}`;
  const usual = { AccountSid: twilio.accountSid, MessageSid: sid, From: "+447700900001", To: twilio.pool, Body: "hi" };
  const body = new URLSearchParams({ ...usual, ...fields });
  const url = `${publicUrl}/api/v1/carrier/twilio/${path}${query}`;
  const headers = { "x-twilio-signature": signatureOf(token, url, body) };
  return (await fetch(url, { method: "POST", headers, body })).status;
}

const newsOf = (sid: string) => rows("select news_id from app.carrier_news where news_id like $1", `%${sid}%`);

describe("news in Twilio's name", () => {
  const reference = "3f0f54f4-6b0d-4f6a-9d4b-0c5a9f3f9a11";

  it("is believed with its signature, of its account, at its address", async () => {
    expect(await tell({})).toBe(200);
    expect(await tell({ path: `status/${reference}`, fields: { MessageStatus: "sent" } })).toBe(204);
    expect(await tell({ query: "?who=its+me" })).toBe(200);
    expect(await tell({ token: "guessed" })).toBe(403);
    expect(await tell({ fields: { AccountSid: `AC${"9".repeat(32)}` } })).toBe(403);
    expect(await tell({ fields: { MessageSid: "SM1" } })).toBe(400);
    expect(await tell({ path: "voice" })).toBe(404);
    expect(await tell({ path: "status/nobody" })).toBe(404);
  });

  it("is believed at an address that a parser would spell anew", async () => {
    const pool = twilio.numbers()[0] as { smsUrl: string | null };
    const usual = pool.smsUrl;
    for (const query of ["?who=it's", "?a=%27%20b'&c=+d", "?e=%2F/é|{}"]) {
      pool.smsUrl = encodeURI(`${usual}${query}`).replaceAll("%25", "%").replaceAll("%7C", "|");
      expect([query, await twilio.receive({ from: "+447700900009", to: twilio.pool, body: "hi" })]).toEqual([
        query,
        200,
      ]);
    }
    pool.smsUrl = usual;
  });

  it("is on record once, however often it is told", async () => {
    const MessageSid = `SM${"e".repeat(32)}`;
    for (let i = 0; i < 3; i++) expect(await tell({ fields: { MessageSid } })).toBe(200);
    expect(await newsOf(MessageSid)).toHaveLength(1);
    for (const MessageStatus of ["sent", "delivered", "sent", "delivered"])
      await tell({ path: `status/${reference}`, fields: { MessageSid, MessageStatus } });
    expect(await newsOf(MessageSid)).toHaveLength(3);
  });

  it("is not on record when nobody signed it", async () => {
    const MessageSid = `SM${"f".repeat(32)}`;
    expect(await tell({ token: "guessed", fields: { MessageSid } })).toBe(403);
    expect(await newsOf(MessageSid)).toEqual([]);
  });

  it("of states that are none yet, or that nobody knows, changes nothing", async () => {
    const MessageSid = `SM${"d".repeat(32)}`;
    for (const MessageStatus of ["queued", "accepted", "sending", "flying", "constructor", ""])
      expect(await tell({ path: `status/${reference}`, fields: { MessageSid, MessageStatus } })).toBe(204);
    expect(await newsOf(MessageSid)).toEqual([]);
  });

  it("of what its own words for STOP are is heard", async () => {
    const From = fresh();
    const wish = (OptOutType: string) => tell({ fields: { From, Body: "parar", OptOutType } });
    await wish("STOP");
    expect(await rows("select is_out from app.opt_out where recipient = $1", From)).toEqual([{ is_out: true }]);
    world.shop.clock.advance(1);
    await wish("START");
    expect(await rows("select is_out from app.opt_out where recipient = $1", From)).toEqual([{ is_out: false }]);
  });

  it("of a wish that somebody tells once more does not undo a later one", async () => {
    const From = fresh();
    const MessageSid = (i: number) => `SM${`${From.slice(1)}${i}`.padStart(32, "b")}`;
    const isOut = () => rows("select is_out from app.opt_out where recipient = $1", From);
    const wish = async (i: number, OptOutType: string) => {
      world.shop.clock.advance(1);
      expect(await tell({ fields: { MessageSid: MessageSid(i), From, Body: "parar", OptOutType } })).toBe(200);
    };
    const refused = async () => {
      world.shop.clock.advance(1);
      const fields = { MessageSid: MessageSid(3), From: twilio.pool, To: From, MessageStatus: "failed" };
      expect(await tell({ path: `status/${reference}`, fields: { ...fields, ErrorCode: "21610" } })).toBe(204);
    };
    await wish(1, "START");
    await wish(2, "STOP");
    await wish(1, "START");
    expect(await isOut()).toEqual([{ is_out: true }]);
    await refused();
    await wish(4, "START");
    await refused();
    expect(await isOut()).toEqual([{ is_out: false }]);
  });

  it("of a message that two texts are told under counts for the first", async () => {
    const MessageSid = `SM${"c".repeat(32)}`;
    const other = "3f0f54f4-6b0d-4f6a-9d4b-0c5a9f3f9a22";
    for (const one of [reference.replace("11", "33"), other])
      await tell({ path: `status/${one}`, fields: { MessageSid, MessageStatus: "sent" } });
    const names = await rows("select reference from app.carrier_name where carrier_id = $1", MessageSid);
    expect(names).toEqual([{ reference: reference.replace("11", "33") }]);
  });
});
