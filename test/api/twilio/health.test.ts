import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readEnv } from "../../../api/env.ts";
import { createTwilioShop, type TwilioShop, textTo } from "./twilio-shop.ts";

const SERVICES = [
  { sid: `MG${"1".repeat(32)}`, inboundUrl: null, usesNumbersUrl: true },
  { sid: `MG${"2".repeat(32)}`, inboundUrl: "https://elsewhere.example/", usesNumbersUrl: false },
] as const;

let world: TwilioShop;
let twilio: TwilioShop["twilio"];
beforeAll(async () => {
  world = await createTwilioShop({ services: [...SERVICES] });
  ({ twilio } = world);
});
beforeEach(() => {
  twilio.order({ usual: true });
  twilio.order({ balanceUsd: 100 });
  twilio.order({ account: "active", type: "Full" });
});
afterAll(() => world?.close());

const publicUrl = "https://shop.example";
const problemsOf = async (...[env]: Parameters<TwilioShop["open"]>) =>
  (await world.open(env, { publicUrl }).health()).problems;
/** What a shop at another address than that of its pool's number hears. */
const ELSEWHERE = expect.stringContaining(`set its webhook to ${publicUrl}/api/v1/carrier/twilio/inbound`);

describe("how it stands", () => {
  it("is told with the balance, and what the operator set", async () => {
    const { balanceMicroUsd, facts, problems } = await world.phone.health();
    expect(balanceMicroUsd).toBe(100_000_000n);
    expect(facts).toEqual({
      account: twilio.accountSid,
      account_status: "active",
      account_type: "Full",
      sender: twilio.pool,
      inbound_url: `${world.shop.server.publicUrl}/api/v1/carrier/twilio/inbound`,
      status_url: `${world.shop.server.publicUrl}/api/v1/carrier/twilio/status/<reference>`,
    });
    expect(problems).toEqual([expect.stringContaining("PUBLIC_URL is of this machine alone")]);
  });

  it.each([
    ["http://shop.example", "not https"],
    ["https://localhost", "this machine alone"],
    ["http://192.168.0.7:8402", "this machine alone"],
    ["https://[::1]", "this machine alone"],
  ])("has a problem with %s", async (url, problem) => {
    const { problems } = await world.open({}, { publicUrl: url }).health();
    expect(problems).toContainEqual(expect.stringContaining(problem));
  });

  it("has a problem with a number whose messages go elsewhere, or that is not held", async () => {
    expect(await problemsOf()).toEqual([ELSEWHERE]);
    expect(await problemsOf({ sender: { from: "+12125550100" } })).toEqual([
      "TWILIO_FROM is no number of the account.",
    ]);
  });

  it("has a problem with services that are none, or whose messages go elsewhere", async () => {
    const [good, bad] = SERVICES;
    const service = (messagingServiceSid: string) => problemsOf({ sender: { messagingServiceSid } });
    expect(await service(good.sid)).toEqual([]);
    expect(await service(bad.sid)).toEqual([expect.stringContaining("TWILIO_MESSAGING_SERVICE_SID do not come here")]);
    expect(await service(`MG${"9".repeat(32)}`)).toEqual([
      "TWILIO_MESSAGING_SERVICE_SID is no messaging service of the account.",
    ]);
    expect(await problemsOf({ lineServiceSid: bad.sid })).toEqual([
      ELSEWHERE,
      expect.stringContaining("TWILIO_LINE_SERVICE_SID do not come here"),
    ]);
  });

  it("has a problem with an account on trial, suspended, or low", async () => {
    twilio.order({ account: "suspended", type: "Trial" });
    twilio.order({ balanceUsd: 4.99 });
    expect(await problemsOf()).toEqual([
      expect.stringContaining("is suspended"),
      expect.stringContaining("on trial"),
      ELSEWHERE,
      expect.stringContaining("The balance is low"),
    ]);
  });

  it("has a problem with a debt", async () => {
    twilio.order({ balanceUsd: -1.5 });
    const { balanceMicroUsd, problems } = await world.phone.health();
    expect([balanceMicroUsd, problems.at(-1)]).toEqual([-1_500_000n, expect.stringContaining("top it up")]);
  });

  it("is asked with a key, where there is one", async () => {
    const apiKey = { sid: twilio.keySid, secret: twilio.keySecret };
    expect(await problemsOf({ apiKey, authToken: "of no use" })).toEqual([ELSEWHERE]);
    expect(await problemsOf({ apiKey: { ...apiKey, secret: "guessed" } })).toEqual([
      expect.stringContaining("refuses the account"),
    ]);
  });

  it("has a problem with a wrong token, and with nobody there", async () => {
    expect(await problemsOf({ authToken: "guessed" })).toEqual([expect.stringContaining("refuses the account")]);
    expect(await problemsOf({ url: "http://127.0.0.1:1" })).toEqual([expect.stringContaining("gives no answer")]);
  });
});

describe("its pool that is a messaging service", () => {
  it("sends, is found, and hears as one", async () => {
    const { sid } = SERVICES[0];
    const pool = world.open({ sender: { messagingServiceSid: sid } });
    twilio.order({ receipts: "never" });
    twilio.order({ at: "send", how: "reset", done: true });
    const text = textTo("+447700900031");
    expect(await pool.sendMessage(text)).toEqual({ kind: "unknown" });
    await twilio.idle();
    const triedAt = new Date(world.shop.clock.nowMs());
    expect(await pool.findMessage(text, triedAt)).toEqual({ kind: "accepted" });
    expect(await pool.findMessage(textTo("+447700900031"), triedAt)).toEqual({ kind: "unknown" });
    expect(twilio.messages().at(-1)).toMatchObject({ serviceSid: sid, from: twilio.pool });
  });
});

it("tells neither keys, nor numbers, nor addresses to the log", async () => {
  const lines: string[] = [];
  const log = pino({ level: "trace" }, { write: (line) => void lines.push(line) });
  const phone = world.open({}, { log });
  for (const how of ["500", "reset", "html", "half", "429"] as const) {
    twilio.order({ at: "send", how });
    await phone.sendMessage(textTo("+447700900077", "secret words"));
    world.shop.clock.advance(1);
  }
  await world.open({ url: "http://127.0.0.1:1" }, { log }).sendMessage(textTo("+447700900077"));
  expect(lines.length).toBeGreaterThan(4);
  const told = lines.join("");
  for (const secret of [twilio.authToken, twilio.accountSid, "127.0.0.1", "900077", "secret words"])
    expect(told).not.toContain(secret);
});

const good = {
  DATABASE_URL: "postgres://127.0.0.1:1/none",
  SESSION_KEYS: "11".repeat(32),
  SECRETS_KEY: "33".repeat(32),
  AVALANCHE_RPC_URL: "http://127.0.0.1:1",
  PHONE_CARRIER: "twilio",
  TWILIO_ACCOUNT_SID: `AC${"1".repeat(32)}`,
  TWILIO_AUTH_TOKEN: "token",
  TWILIO_FROM: "+12125550100",
};

describe("its environment", () => {
  it("is read", () => {
    expect(readEnv(good).phone).toEqual({
      carrier: "twilio",
      accountSid: good.TWILIO_ACCOUNT_SID,
      authToken: "token",
      apiKey: undefined,
      sender: { from: "+12125550100" },
      lineServiceSid: undefined,
      url: undefined,
    });
    const key = { TWILIO_API_KEY_SID: `SK${"2".repeat(32)}`, TWILIO_API_KEY_SECRET: "s" };
    expect(readEnv({ ...good, ...key }).phone).toMatchObject({ apiKey: { sid: key.TWILIO_API_KEY_SID, secret: "s" } });
  });

  it.each([
    ["TWILIO_ACCOUNT_SID: is missing", { TWILIO_ACCOUNT_SID: "" }],
    ["TWILIO_AUTH_TOKEN: is missing", { TWILIO_AUTH_TOKEN: "" }],
    ["TWILIO_FROM: is missing", { TWILIO_FROM: "" }],
    ["not both", { TWILIO_MESSAGING_SERVICE_SID: `MG${"3".repeat(32)}` }],
    ["TWILIO_API_KEY_SECRET: is missing", { TWILIO_API_KEY_SID: `SK${"4".repeat(32)}` }],
    ["TWILIO_API_KEY_SID: is missing", { TWILIO_API_KEY_SECRET: "hidden" }],
    ["TWILIO_ACCOUNT_SID: needs AC and 32 hex digits", { TWILIO_ACCOUNT_SID: "hidden" }],
    ["TWILIO_FROM: needs a number", { TWILIO_FROM: "hidden" }],
    ["TWILIO_URL", { TWILIO_URL: "ftp://hidden" }],
  ])("complains: %s, and of no value", (complaint, env) => {
    const read = () => readEnv({ ...good, ...env });
    expect(read).toThrow(complaint);
    expect(read).not.toThrow("hidden");
  });
});
