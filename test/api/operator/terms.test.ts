import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRuledShop, type RuledShop } from "./rules-world.ts";

const SEND = "/api/v1/sms/send";
const LINE_SEND = "/api/v1/numbers/mine/send";
const BUY_US = "/api/v1/numbers/buy/us";
const BUY_INTL = "/api/v1/numbers/buy/intl";
/** At noon UTC it is night in Auckland and day in London. */
const NIGHT = { from: "21:00", to: "08:00", timeZones: ["Pacific/Auckland"] };

let shop: RuledShop;
let line: string;
let signIn: Record<string, string>;
beforeAll(async () => {
  shop = await createRuledShop({
    countries: {
      "*": { textUsd: 0.06, lineUsd: 110 },
      GB: { textUsd: 0.09, lineUsd: 130, renewalUsd: 75 },
      FR: { texts: false, lines: false },
      NZ: { quietHours: NIGHT },
    },
    blocked: ["+12125550"],
    stopWords: ["ARRET"],
  });
  line = await shop.line();
  signIn = await shop.signIn();
});
afterAll(() => shop?.close());

const priceOf = async (path: string, body: unknown) => {
  const { status, body: answer } = await shop.post(path, body);
  return [status, answer.accepts?.[0].maxAmountRequired];
};
const text = (to: string) => ({ to, message: "Hello!" });

describe("what a text costs", () => {
  it.each([
    ["+447700900001", "90000"],
    ["+12125551234", "60000"],
    ["+883510001234", "60000"],
    ["nobody", "60000"],
  ])("goes by the country of %s", async (to, microUsd) => {
    expect(await priceOf(SEND, text(to))).toEqual([402, microUsd]);
  });

  it("is as usual for who says nothing that can be read", async () => {
    expect((await shop.ask(SEND, { method: "POST" })).body.accepts[0].maxAmountRequired).toBe("60000");
  });

  it("is what is paid, and what another country costs does not pay for it", async () => {
    const to = text("+447700900001");
    const { status, body } = await shop.pay(SEND, to, { pricedBy: text("+12125551234") });
    expect([status, body.error]).toEqual([402, "payment_invalid"]);
    expect((await shop.pay(SEND, to)).status).toBe(200);
    const { rows } = await shop.server.deps.db.pool.query(
      "select price_micro_usd from app.x402_order where sale_id = 'sms.send'",
    );
    expect(rows).toEqual([{ price_micro_usd: "90000" }]);
  });
});

describe("a line without included texts", () => {
  it("is asked for what this country costs, signed in or not", async () => {
    const { pool } = shop.server.deps.db;
    await pool.query("update app.lease set included_texts_left = 0 where phone_number = $1", [line]);
    for (const headers of [{}, signIn]) {
      const { body } = await shop.post(LINE_SEND, { phoneNumber: line, ...text("+447700900001") }, headers);
      expect(body.accepts[0].maxAmountRequired).toBe("90000");
      expect(body.accepts[0].description).toContain("then each costs $0.09.");
    }
    await pool.query("update app.lease set included_texts_left = 9 where phone_number = $1", [line]);
  });
});

describe("a key without enough money", () => {
  it("is asked for what this country costs", async () => {
    const { body: made } = await shop.post("/api/v1/keys", { name: "poor" }, signIn);
    const { status, body } = await shop.post(SEND, text("+447700900001"), { "X-API-Key": made.api_key });
    expect([status, body.error, body.accepts[0].maxAmountRequired]).toEqual([402, "insufficient_balance", "90000"]);
  });
});

describe("what a line costs", () => {
  it.each([
    [BUY_US, "US", "110000000"],
    [BUY_INTL, "GB", "130000000"],
    [BUY_INTL, "DE", "110000000"],
  ])("%s of %s", async (path, country, microUsd) => {
    expect(await priceOf(path, { country })).toEqual([402, microUsd]);
  });

  it("is told with its renewal", async () => {
    const { body } = await shop.pay(BUY_INTL, { country: "GB" });
    expect(body).toMatchObject({ priceUsd: 130, renewal: { priceUsd: 75 } });
    const renewed = await shop.pay("/api/v1/numbers/mine/renew", { phoneNumber: body.phoneNumber });
    expect([renewed.status, renewed.body.priceUsd]).toEqual([200, 75]);
  });
});

describe("what is against the rules", () => {
  it.each([
    { why: "a country", path: SEND, body: text("+33639980001"), error: "destination_not_allowed" },
    { why: "a blocked number", path: SEND, body: text("+12125550999"), error: "destination_not_allowed" },
    { why: "one in another spelling", path: SEND, body: text("+112125550999"), error: "destination_not_allowed" },
    { why: "the night", path: SEND, body: text("+6421123456"), error: "quiet_hours" },
    { why: "a line's country", path: BUY_INTL, body: { country: "FR" }, error: "destination_not_allowed" },
  ])("has no price: $why", async ({ path, body, error }) => {
    const asked = await shop.post(path, body);
    expect([asked.status, asked.body.error]).toEqual([403, error]);
  });

  it("is told until when it is night", async () => {
    const { headers, body } = await shop.post(SEND, text("+6421123456"));
    // 01:00 there, in their summer.
    expect([headers.get("retry-after"), body.details]).toEqual([`${7 * 3600}`, { retry_after_sec: 7 * 3600 }]);
  });

  it("is not charged when somebody pays for it all the same", async () => {
    const before = shop.settled.length;
    const { status, body } = await shop.pay(SEND, text("+12125550999"), { pricedBy: text("+12125551234") });
    expect([status, body.error, shop.settled.length]).toEqual([403, "destination_not_allowed", before]);
  });

  it("is no included text either, and none is used up", async () => {
    const left = async () =>
      (await shop.ask("/api/v1/numbers/mine", { headers: signIn })).body.numbers.find(
        (one: { phoneNumber: string }) => one.phoneNumber === line,
      ).includedTextsLeft;
    const before = await left();
    for (const to of ["+33639980001", "+12125550999", "+6421123456"]) {
      const { status } = await shop.post(LINE_SEND, { phoneNumber: line, to, message: "x" }, signIn);
      expect(status).toBe(403);
    }
    expect(await left()).toBe(before);
    expect((await shop.post(LINE_SEND, { phoneNumber: line, to: "+447700900001", message: "x" }, signIn)).status).toBe(
      200,
    );
    expect(await left()).toBe(before - 1);
  });

  it("is in the audit log, alike ones as one row of the day, and in the metrics", async () => {
    const entries = await shop.inTime(
      async () => (await shop.operator("GET", "audit")).body.entries,
      (all) => all.some(({ rule }: { rule?: string }) => rule === "quiet_hours"),
    );
    const ofNight = entries.filter(({ rule }: { rule?: string }) => rule === "quiet_hours");
    expect(ofNight).toMatchObject([{ actor: "rules", action: "refused", what: "text", country: "NZ", times: 3 }]);
    const metrics = await fetch(`${shop.server.url}/metrics`).then((answer) => answer.text());
    expect(metrics).toContain('turnpike_refusals_total{rule="quiet_hours"} 3');
  });
});

describe("a word of the operator's", () => {
  it("stops texts as STOP does", async () => {
    const to = "+447700900077";
    await shop.receive({ from: to, to: line, text: " Arret. " });
    const refused = await shop.inTime(
      () => shop.post(LINE_SEND, { phoneNumber: line, to, message: "x" }, signIn),
      ({ status }) => status === 403,
    );
    expect(refused.body.error).toBe("recipient_opted_out");
  });
});
