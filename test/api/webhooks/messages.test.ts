import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createPhoneShop, type PhoneShop, strangerWallet } from "../phone/phone-shop.ts";
import { DAY } from "../phone/phone-world.ts";
import { type Listener, startListener } from "./listener.ts";

const SEND = "/api/v1/numbers/mine/send";
const OTHER = "+447700900123";

let listener: Listener;
let shop: PhoneShop;
let mine: Record<string, string>;
beforeAll(async () => {
  listener = await startListener();
  shop = await createPhoneShop({ UPSTREAM_ALLOW: listener.host });
  mine = await shop.signIn();
  await shop.post("/api/v1/webhooks", { url: `${listener.url}/mine` }, mine);
  const theirs = await shop.signIn(strangerWallet);
  await shop.post("/api/v1/webhooks", { url: `${listener.url}/theirs` }, theirs);
});
afterAll(async () => {
  await shop?.close();
  await listener?.close();
});
beforeEach(() => {
  listener.told.length = 0;
});

const told = () => listener.told.map(({ path, body }) => ({ path, ...JSON.parse(body) }));
const toldOf = (count: number) =>
  shop.inTime(
    async () => told(),
    (all) => all.length === count,
  );
const deliveriesLike = async (body: string) => {
  const text = "select from app.webhook_delivery where body like $1";
  return (await shop.server.deps.db.pool.query(text, [body])).rowCount;
};

describe("message.received", () => {
  it("is told to the line's holder, text and all, once however often the carrier says it", async () => {
    const line = await shop.line(10);
    const at = new Date(shop.clock.nowMs()).toISOString();
    await shop.receive({ from: OTHER, to: line, text: "Yes: 4711 😀" });
    expect(await toldOf(1)).toEqual([
      {
        path: "/hook/mine",
        type: "message.received",
        timestamp: expect.any(String),
        data: {
          message_id: expect.stringMatching(/^msg-[0-9a-f-]{36}$/),
          from: OTHER,
          to: line,
          message: "Yes: 4711 😀",
          segments: 1,
          received_at: at,
        },
      },
    ]);
  });

  it("is told to nobody when the lease has ended", async () => {
    const line = await shop.line(10);
    shop.clock.advance(31 * DAY);
    await shop.receive({ from: OTHER, to: line, text: "Too late" });
    const kept = async () => {
      const text = "select count(*)::int as n from app.message where body = 'Too late'";
      return (await shop.server.deps.db.pool.query(text)).rows[0].n;
    };
    await shop.inTime(kept, (n) => n === 1);
    expect(await deliveriesLike("%Too late%")).toBe(0);
  });
});

describe("message.delivered", () => {
  it("is told to the line's holder when the receipt says so, once", async () => {
    mine = await shop.signIn();
    const line = await shop.line(10);
    const { body } = await shop.post(SEND, { phoneNumber: line, to: OTHER, message: "Anybody there?" }, mine);
    const [event] = await toldOf(1);
    expect(event).toEqual({
      path: "/hook/mine",
      type: "message.delivered",
      timestamp: expect.any(String),
      data: { message_id: body.messageId, from: line, to: OTHER, created_at: expect.any(String) },
    });
  });

  it("is told to the buyer of a text that left from no line", async () => {
    const sms = { to: OTHER, message: "From the pool" };
    const { body } = await shop.pay("/api/v1/sms/send", sms, { payer: strangerWallet });
    const [event] = await toldOf(1);
    expect(event).toMatchObject({
      path: "/hook/theirs",
      type: "message.delivered",
      data: { message_id: body.messageId, from: null, to: OTHER },
    });
    expect(await deliveriesLike(`%${body.messageId}%`)).toBe(1);
  });

  it("is told to the line's holder, not to who paid for the text", async () => {
    mine = await shop.signIn();
    const line = await shop.line(0);
    const sms = { phoneNumber: line, to: OTHER, message: "Paid by a friend" };
    const { body } = await shop.pay(SEND, sms, { headers: mine, payer: strangerWallet });
    expect(await toldOf(1)).toMatchObject([{ path: "/hook/mine", data: { message_id: body.messageId, from: line } }]);
  });
});
