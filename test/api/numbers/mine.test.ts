import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPhoneShop, type PhoneShop, strangerWallet, wallet } from "../phone/phone-shop.ts";
import { DAY } from "../phone/phone-world.ts";

const SEND = "/api/v1/numbers/mine/send";
const MINE = "/api/v1/numbers/mine";

let shop: PhoneShop;
let mine: Record<string, string>;
let theirs: Record<string, string>;
beforeAll(async () => {
  shop = await createPhoneShop();
  mine = await shop.signIn();
  theirs = await shop.signIn(strangerWallet);
});
afterAll(() => shop?.close());

const list = async (path: string, headers = mine) => (await shop.ask(path, { headers })).body;

describe("POST /api/v1/numbers/buy/us and /intl", () => {
  it("402 without a payment, whatever the body", async () => {
    for (const path of ["/api/v1/numbers/buy/us", "/api/v1/numbers/buy/intl"])
      for (const body of [{ country: "US" }, {}, "x"]) {
        const { status, body: answer } = await shop.post(path, body);
        expect([status, answer.error, answer.accepts[0].maxAmountRequired]).toEqual([
          402,
          "payment_required",
          "100000000",
        ]);
      }
  });

  it("200: the line is the payer's, who signs in and sees it; nobody else does", async () => {
    const { status, body } = await shop.pay("/api/v1/numbers/buy/intl", { country: "GB" });
    expect([status, body]).toMatchObject([200, { success: true, country: "GB" }]);
    const numbers = await list(MINE);
    const leasedAt = new Date(shop.clock.nowMs()).toISOString();
    expect(numbers).toEqual({
      success: true,
      address: wallet.address,
      numbers: [
        {
          phoneNumber: body.phoneNumber,
          country: "GB",
          tier: "intl",
          priceUsd: 100,
          leasedAt,
          expiresAt: body.expiresAt,
          status: "active",
          includedTextsLeft: 10_000,
          renewableUntil: new Date(shop.clock.nowMs() + 37 * DAY * 1000).toISOString(),
        },
      ],
      count: 1,
    });
    expect(await list(MINE, theirs)).toMatchObject({ address: strangerWallet.address, numbers: [], count: 0 });
    expect((await shop.ask(MINE)).status).toBe(401);
  });

  it("409 and 400 before any money moves", async () => {
    const before = shop.settled.length;
    const stock = await shop.pay("/api/v1/numbers/buy/intl", { country: "AQ" });
    expect([stock.status, stock.body.error]).toEqual([409, "out_of_stock"]);
    expect((await shop.pay("/api/v1/numbers/buy/us", { country: "GB" })).status).toBe(400);
    expect(shop.settled).toHaveLength(before);
  });

  it("502 and a credit when the number was gone at purchase", async () => {
    const answer = await shop.pay("/api/v1/numbers/buy/intl", { country: "BV" });
    expect([answer.status, answer.body.error]).toEqual([502, "provider_failed"]);
    expect((await list("/api/v1/balance")).balance_usd).toBe(100);
  });

  it("202, then the line, when the carrier's answer was lost; its number is told to the payer alone", async () => {
    const { status, body } = await shop.pay("/api/v1/numbers/buy/intl", { country: "HM" });
    expect([status, body.status]).toEqual([202, "settled"]);
    const { pathname } = new URL(body.status_url);
    const order = await shop.inTime(
      async () => (await shop.ask(pathname)).body,
      ({ status }) => status === "fulfilled",
    );
    expect(order.answer).toMatchObject({ success: true, country: "HM", withheld: ["phoneNumber"] });
    expect((await list(pathname, theirs)).answer).toEqual(order.answer);
    expect(JSON.stringify(order)).not.toContain("+6149157");
    expect((await list(pathname)).answer).toMatchObject({ phoneNumber: expect.stringMatching(/^\+6149157/) });
  });
});

describe("POST /api/v1/numbers/mine/send", () => {
  it("exactly the included texts go without a payment, over two processes; then it costs $0.05", async () => {
    const phoneNumber = await shop.line(10);
    const sibling = await shop.sibling();
    const body = { phoneNumber, to: "+447700900777", message: "Hello from my number" };
    const calls = Array.from({ length: 50 }, (_, i) => (i % 2 ? shop : sibling).post(SEND, body, mine));
    const answers = await Promise.all(calls);
    const sent = answers.filter(({ status }) => status === 200);
    expect(sent).toHaveLength(10);
    for (const answer of answers)
      if (answer.status !== 200)
        expect([answer.status, answer.body.accepts[0].maxAmountRequired]).toEqual([402, "50000"]);
    expect(sent[0]?.body).toEqual({ success: true, messageId: expect.any(String), to: body.to, segments: 1 });

    const paid = await shop.pay(SEND, body, { headers: mine, payer: strangerWallet });
    expect([paid.status, paid.body.success]).toEqual([200, true]);
    expect((await list(`${MINE}/messages?limit=100&phoneNumber=${encodeURIComponent(phoneNumber)}`)).count).toBe(11);
  });

  it("401 and 404 before money: a payment alone does not send from somebody's line", async () => {
    const phoneNumber = await shop.line(10);
    const before = shop.settled.length;
    const body = { phoneNumber, to: "+447700900777", message: "x" };
    expect((await shop.pay(SEND, body)).status).toBe(401);
    expect((await shop.pay(SEND, body, { headers: theirs })).body.error).toBe("line_not_found");
    expect((await shop.post(SEND, body, theirs)).body.error).toBe("line_not_found");
    expect(shop.settled).toHaveLength(before);
  });
});

describe("GET /api/v1/numbers/mine/messages", () => {
  it("shows both directions, newest first, in pages, to the holder alone", async () => {
    const phoneNumber = await shop.line(10);
    const to = "+447700900123";
    await shop.post(SEND, { phoneNumber, to, message: "Anybody there?" }, mine);
    shop.clock.advance(5);
    await shop.receive({ from: to, to: phoneNumber, text: "Yes: 4711 😀" });
    const path = `${MINE}/messages?phoneNumber=${encodeURIComponent(phoneNumber)}`;
    await shop.inTime(
      () => list(path),
      ({ messages: [first, second] }) => first?.direction === "inbound" && second?.status === "delivered",
    );
    const { messages, ...rest } = await list(path);
    expect(rest).toEqual({ success: true, count: 2, limit: 50, offset: 0 });
    const common = { messageId: expect.stringMatching(/^msg-/), segments: 1 };
    const times = { createdAt: expect.any(String), updatedAt: expect.any(String) };
    const [inbound, outbound] = messages;
    expect(inbound).toEqual({
      ...common,
      ...times,
      direction: "inbound",
      from: to,
      to: phoneNumber,
      message: "Yes: 4711 😀",
      status: "received",
    });
    expect(outbound).toMatchObject({ ...common, direction: "outbound", from: phoneNumber, to, status: "delivered" });
    expect((await list(`${path}&limit=1&offset=1`)).messages).toEqual([outbound]);
    expect((await list(path.replace("%2B", "+"))).count).toBe(2);
    expect((await list(path, theirs)).messages).toEqual([]);
    expect((await list(`${MINE}/messages`)).count).toBeGreaterThan(1);
    expect((await shop.ask(path)).status).toBe(401);
  });

  it.each([["phoneNumber=12"], ["limit=x"], ["offset=-1"], ["limit=1.5"]])("400 for %s", async (query) => {
    const { status, body } = await shop.ask(`${MINE}/messages?${query}`, { headers: mine });
    expect([status, body.details]).toEqual([400, { field: query.split("=")[0] }]);
  });
});

describe("a line that passes from one holder to the next", () => {
  it("keeps to each what was his, and shows what came after the end once it is renewed", async () => {
    const phoneNumber = await shop.line();
    const path = `${MINE}/messages?phoneNumber=${encodeURIComponent(phoneNumber)}`;
    shop.clock.advance(31 * DAY);
    mine = await shop.signIn();
    await shop.receive({ from: "+447700900123", to: phoneNumber, text: "late" });
    const { pool } = shop.server.deps.db;
    const count = async () => (await pool.query("select from app.message where line = $1", [phoneNumber])).rowCount;
    await shop.inTime(count, (seen) => seen === 1);
    expect((await list(path)).count).toBe(0);
    const [expired] = (await list(`${MINE}?all=true`)).numbers;
    expect(expired).toMatchObject({ phoneNumber, status: "expired" });
    expect((await list(MINE)).count).toBe(0);

    await shop.pay("/api/v1/numbers/mine/renew", { phoneNumber });
    expect((await list(path)).messages).toMatchObject([{ message: "late" }]);
    expect((await list(MINE)).numbers).toMatchObject([{ phoneNumber, status: "active", includedTextsLeft: 15_000 }]);

    shop.clock.advance(38 * DAY);
    const isHeld = async () =>
      (await pool.query("select held_by from carrier.number where phone_number = $1", [phoneNumber])).rows[0].held_by;
    await shop.inTime(isHeld, (holder) => holder === null);
    shop.clock.advance(DAY);
    await pool.query("update carrier.number set held_by = 'x' where country = 'US' and phone_number <> $1", [
      phoneNumber,
    ]);
    const next = await shop.pay("/api/v1/numbers/buy/us", { country: "US" }, { payer: strangerWallet });
    expect(next.body.phoneNumber).toBe(phoneNumber);
    theirs = await shop.signIn(strangerWallet);
    mine = await shop.signIn();
    expect((await list(path, theirs)).messages).toEqual([]);
    await shop.receive({ from: "+447700900124", to: phoneNumber, text: "for the next" });
    await shop.inTime(
      () => list(path, theirs),
      ({ count: seen }) => seen === 1,
    );
    const body = { phoneNumber, to: "+447700900125", message: "from the next" };
    expect((await shop.post(SEND, body, theirs)).status).toBe(200);
    expect((await list(path)).messages).toMatchObject([{ message: "late" }]);
  });
});
