import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { POOL_SENDER } from "../../../api/providers/phone/sandbox/ranges.ts";
import { createPhoneShop, type PhoneShop, wallet } from "../phone/phone-shop.ts";
import { codesAt } from "./codes-at.ts";

const START = "/api/v1/verifications/start";

let shop: PhoneShop;
beforeAll(async () => {
  shop = await createPhoneShop();
});
afterAll(() => shop?.close());

const pool = () => shop.server.deps.db.pool;
const orderOf = ({ status_url: url }: { status_url: string }, state: string, headers = {}) =>
  shop.inTime(
    async () => (await shop.ask(new URL(url).pathname, { headers })).body,
    ({ status }) => status === state,
  );

/** Everything that our own tables hold, as one text. */
async function onRecord(): Promise<string> {
  const { rows } = await pool().query<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'app' and table_type = 'BASE TABLE'",
  );
  const contents = rows.map(async ({ name }) => (await pool().query(`select t::text as row from app.${name} t`)).rows);
  return JSON.stringify(await Promise.all(contents));
}

describe("POST /api/v1/verifications/start", () => {
  it("402 says $2.25", async () => {
    const { status, body } = await shop.post(START, { to: "+12125550101" });
    expect([status, body.accepts[0].maxAmountRequired]).toEqual([402, "2250000"]);
  });

  it("200, and six digits are on their way, which stand on no record of ours", async () => {
    const to = "+12125550102";
    const { status, body } = await shop.pay(START, { to, channel: "sms" });
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      verificationId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      to,
      channel: "sms",
      status: "pending",
      messageId: expect.stringMatching(/^msg-/),
      expiresAt: new Date(shop.clock.nowMs() + 600_000).toISOString(),
    });
    const [code, ...more] = await codesAt(pool(), to);
    expect([code, more]).toEqual([expect.stringMatching(/^\d{6}$/), []]);
    const record = await onRecord();
    expect(record).toContain("Your verification code is ******. It is valid for 10 minutes. Share it with nobody.");
    expect(record).not.toMatch(/code is \d/);
    expect((await shop.ask(`/api/v1/messages/${body.messageId}`)).body).toMatchObject({ to, segments: 1 });
  });

  it("sends another code each time", async () => {
    const to = "+12125550103";
    for (let i = 0; i < 3; i++) await shop.pay(START, { to });
    expect(new Set(await codesAt(pool(), to)).size).toBe(3);
  });

  it.each([
    ["to", {}],
    ["to", { to: "12125550104" }],
    ["channel", { to: "+12125550104", channel: "call" }],
    ["body", []],
  ])("400 names %s, and nothing is charged", async (field, sent) => {
    const before = shop.settled.length;
    const { status, body } = await shop.pay(START, sent);
    expect([status, body.error, body.details]).toEqual([400, "invalid_field", { field }]);
    expect(shop.settled).toHaveLength(before);
  });

  it("403 for who opted out, and nothing is charged", async () => {
    const to = "+12125550105";
    await shop.receive({ from: to, to: POOL_SENDER, text: "STOP" });
    const isOut = () => pool().query("select from app.opt_out where recipient = $1 and is_out", [to]);
    await shop.inTime(isOut, ({ rowCount }) => rowCount === 1);
    const before = shop.settled.length;
    expect((await shop.pay(START, { to })).body.error).toBe("recipient_opted_out");
    expect([shop.settled.length, await codesAt(pool(), to)]).toEqual([before, []]);
  });

  it("502 when the carrier refuses: the payer has his credit, and nobody an id", async () => {
    const { status, body } = await shop.pay(START, { to: "+15005550001" });
    expect([status, body.error, body.details.credit.amount_usd]).toEqual([502, "provider_failed", 2.25]);
    expect(JSON.stringify(body)).not.toContain("verificationId");
  });

  it("202 when the carrier's answer is lost, then one code, whose time begins when that is known", async () => {
    const to = "+15005550002";
    const { status, body } = await shop.pay(START, { to });
    expect([status, body.status]).toEqual([202, "settled"]);
    shop.clock.advance(900);
    const { answer } = await orderOf(body, "fulfilled", await shop.signIn(wallet));
    expect(await codesAt(pool(), to)).toHaveLength(1);
    expect(Date.parse(answer.expiresAt)).toBeGreaterThan(shop.clock.nowMs() + 500_000);
    const [code] = await codesAt(pool(), to);
    const checked = await shop.post("/api/v1/verifications/check", { verificationId: answer.verificationId, code });
    expect(checked.body).toMatchObject({ valid: true });
  });

  it("tells the id to its buyer alone, once a payment header can be rebuilt from the chain", async () => {
    const { body } = await shop.pay(START, { to: "+15005550002" });
    expect((await orderOf(body, "fulfilled")).answer).toMatchObject({ withheld: ["verificationId"] });
    expect((await orderOf(body, "fulfilled", await shop.signIn(wallet))).answer.verificationId).toMatch(/^[0-9a-f-]+$/);
  });

  it("405 for anything but a POST", async () => {
    const { status, headers } = await shop.ask(START);
    expect([status, headers.get("allow")]).toEqual([405, "POST"]);
  });
});

it("503 where nobody carries texts, never a price", async () => {
  const bare = await createPhoneShop({ PHONE_CARRIER: "off" });
  for (const path of [START, "/api/v1/verifications/check", "/api/v1/lookup"]) {
    const { status, body } = await bare.post(path, { to: "+12125550101" });
    expect([path, status, body.error]).toEqual([path, 503, "not_offered"]);
  }
  await bare.close();
});
