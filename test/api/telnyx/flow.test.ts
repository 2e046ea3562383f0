import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expireLeases } from "../../../api/products/numbers/give-back.ts";
import type { OnceDeps } from "../../../api/providers/phone/once.ts";
import { startTelnyxSandbox, type TelnyxSandbox } from "../../../dev/carriers/telnyx/server.ts";
import { createPhoneShop, type PhoneShop } from "../phone/phone-shop.ts";

let sandbox: TelnyxSandbox;
let shop: PhoneShop;
beforeAll(async () => {
  const clock = { nowMs: () => (shop as PhoneShop | undefined)?.clock.nowMs() ?? Date.now() };
  sandbox = await startTelnyxSandbox({ clock, orderMs: 0 });
  shop = await createPhoneShop(sandbox.env);
});
afterAll(async () => {
  await shop?.close();
  await sandbox?.close();
});

const DAY = 24 * 3600;
const SEND = "/api/v1/sms/send";
const carried = (to: string) => sandbox.texts().filter((text) => text.to === to);
const statusIs = (messageId: string, wanted: string) =>
  shop.inTime(
    async () => (await shop.ask(`/api/v1/messages/${messageId}`)).body.status,
    (status) => status === wanted,
  );
const costs = async () => (await shop.server.deps.db.pool.query("select * from app.carrier_cost")).rows;

describe("a shop of numbers and texts of Telnyx'", () => {
  it("sells a text per call, knows when it has arrived and what it cost", async () => {
    const { status, body } = await shop.pay(SEND, { to: "+447700900001", message: "Hello!" });
    expect([status, body]).toEqual([
      200,
      { success: true, messageId: expect.stringMatching(/^msg-/), to: "+447700900001", segments: 1 },
    ]);
    expect(carried("+447700900001")).toMatchObject([{ from: sandbox.from, text: "Hello!", encoding: "GSM-7" }]);
    await statusIs(body.messageId, "delivered");
    expect(await costs()).toMatchObject([{ carrier: "telnyx", cost_micro_usd: "4000" }]);
  });

  it("sells a line, whose texts leave from it and come to it", async () => {
    const bearer = await shop.signIn();
    const line = await shop.line();
    expect(sandbox.numbers().at(-1)).toMatchObject({
      ...{ phoneNumber: line, profileId: sandbox.profileId },
      reference: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    const message = { phoneNumber: line, to: "+447700900002", message: "Reply got it 👋" };
    const sent = await shop.post("/api/v1/numbers/mine/send", message, bearer);
    expect(sent.status).toBe(200);
    expect(carried("+447700900002")).toMatchObject([{ from: line, encoding: "UCS-2" }]);
    const messages = () =>
      shop.ask(`/api/v1/numbers/mine/messages?phoneNumber=${encodeURIComponent(line)}`, { headers: bearer });
    const { body } = await shop.inTime(messages, ({ body }) => body.messages?.length === 2);
    expect(body.messages.map((one: { message: string; direction: string }) => [one.direction, one.message])).toEqual(
      expect.arrayContaining([
        ["inbound", "got it 👋"],
        ["outbound", "Reply got it 👋"],
      ]),
    );
  });

  it("sells an international line", async () => {
    const { status, body } = await shop.pay("/api/v1/numbers/buy/intl", { country: "GB" });
    expect([status, body.country, body.phoneNumber]).toEqual([200, "GB", expect.stringMatching(/^\+447700/)]);
  });

  it("takes no money for a country that Telnyx has nothing in", async () => {
    const before = shop.settled.length;
    const { status, body } = await shop.pay("/api/v1/numbers/buy/intl", { country: "AQ" });
    expect([status, body.error, shop.settled.length]).toEqual([409, "out_of_stock", before]);
  });

  it("takes no money for who wrote STOP to the pool", async () => {
    const from = "+447700900004";
    await sandbox.receive({ from, to: sandbox.from, text: "STOP" });
    const isOut = async () =>
      (await shop.server.deps.db.pool.query("select from app.opt_out where recipient = $1 and is_out", [from]))
        .rowCount;
    await shop.inTime(isOut, (count) => count === 1);
    const before = shop.settled.length;
    const { status, body } = await shop.pay(SEND, { to: from, message: "x" });
    expect([status, body.error, shop.settled.length]).toEqual([403, "recipient_opted_out", before]);
  });

  it("gives a line back to Telnyx when nobody renews it", async () => {
    const line = await shop.line();
    shop.clock.advance(38 * DAY);
    await expireLeases(shop.server.deps as OnceDeps);
    expect(sandbox.numbers().map(({ phoneNumber }) => phoneNumber)).not.toContain(line);
  });

  it.each([
    ["early", "delivered", 1],
    ["duplicate", "delivered", 4],
    ["reordered", "delivered", 2],
    ["undelivered", "undelivered", 2],
  ] as const)("knows of a text whose receipts are %s that it is %s", async (text, status, count) => {
    sandbox.order({ plan: { text } });
    const told = sandbox.told.length;
    const { body } = await shop.pay(SEND, { to: "+447700900007", message: text });
    await expect.poll(() => sandbox.told.slice(told)).toEqual(Array(count).fill(200));
    const waiting = "select count(*)::int as count from app.carrier_news where acknowledged_at is null";
    await shop.inTime(
      async () => (await shop.server.deps.db.pool.query(waiting)).rows[0].count,
      (left) => left === 0,
    );
    expect((await shop.ask(`/api/v1/messages/${body.messageId}`)).body.status).toBe(status);
  });

  it.each(["forged", "old", "none"] as const)("believes no receipt that is %s", async (text) => {
    sandbox.order({ plan: { text } });
    const told = sandbox.told.length;
    const { body } = await shop.pay(SEND, { to: "+447700900008", message: text });
    // A receipt that is refused is told three times.
    await expect.poll(() => sandbox.told.slice(told)).toEqual(text === "none" ? [] : [403, 403, 403]);
    shop.clock.advance(5);
    expect((await shop.ask(`/api/v1/messages/${body.messageId}`)).body.status).toBe("sent");
  });

  it.each([
    ["Telnyx is busy", { how: "429", retryAfterSec: 3 }],
    ["its queue is full", { how: "refuse", status: 400, code: "40318" }],
    ["it breaks after sending", { how: "500", done: true }],
    ["it hangs up after sending", { how: "reset", done: true }],
  ] as const)("sends a paid text once though %s", async (name, fault) => {
    sandbox.order({ mute: true });
    sandbox.order({ fault: { place: "text", ...fault } });
    const to = `+4477009001${String(name.length).padStart(2, "0")}`;
    await shop.pay(SEND, { to, message: "once" });
    const text = "select status from app.message where other = $1";
    const statuses = async () => (await shop.server.deps.db.pool.query(text, [to])).rows.map(({ status }) => status);
    await shop.inTime(statuses, ([status]) => status !== "queued");
    expect([await statuses(), carried(to).length]).toEqual([["sent"], 1]);
    sandbox.order({ mute: false });
  });

  it("credits a paid text of which nothing is ever heard, and sends it no second time", async () => {
    sandbox.order({ fault: { place: "text", how: "500" } });
    const to = "+447700900155";
    await shop.pay(SEND, { to, message: "lost" });
    shop.clock.advance(600);
    const text = "select status from app.message where other = $1";
    const statuses = async () => (await shop.server.deps.db.pool.query(text, [to])).rows.map(({ status }) => status);
    await shop.inTime(statuses, ([status]) => status === "failed");
    expect(carried(to)).toEqual([]);
  });

  it("credits a paid text that Telnyx refuses", async () => {
    sandbox.order({ fault: { place: "text", how: "refuse", status: 400, code: "40310" } });
    const { status, body } = await shop.pay(SEND, { to: "+447700900009", message: "x" });
    expect([status, body.error, carried("+447700900009").length]).toEqual([502, "provider_failed", 0]);
  });

  it("reads what Telnyx told while nobody listened from its records", async () => {
    const bearer = await shop.signIn();
    const line = await shop.line();
    sandbox.order({ mute: true });
    const { body } = await shop.pay(SEND, { to: "+447700900005", message: "x" });
    await sandbox.receive({ from: "+447700900006", to: line, text: "anybody there?" });
    await sandbox.receive({ from: "+447700900006", to: sandbox.from, text: "STOP" });
    await expect.poll(() => carried("+447700900005")[0]?.status).toBe("delivered");
    shop.clock.advance(300);
    await statusIs(body.messageId, "delivered");
    const messages = () =>
      shop.ask(`/api/v1/numbers/mine/messages?phoneNumber=${encodeURIComponent(line)}`, { headers: bearer });
    const told = await shop.inTime(messages, ({ body }) => body.messages?.length === 1);
    expect(told.body.messages).toMatchObject([{ direction: "inbound", message: "anybody there?" }]);
    const refused = await shop.pay(SEND, { to: "+447700900006", message: "x" });
    expect(refused.body.error).toBe("recipient_opted_out");
    sandbox.order({ mute: false });
  });

  it("answers news that is not Telnyx' with a 403, and keeps none of it", async () => {
    const news = { data: { id: "1", event_type: "message.received", payload: {} } };
    const url = `${shop.server.url}/api/v1/carrier/telnyx/messages`;
    const { status } = await fetch(url, { method: "POST", body: JSON.stringify(news) });
    expect(status).toBe(403);
  });
});
