import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { telnyxOf } from "../../../api/env/telnyx.ts";
import { readEnv } from "../../../api/env.ts";
import { type Desk, openDesk } from "./telnyx-shop.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk?.close());

const HTTPS = "https://shop.example";
const NOBODY = "00000000-0000-4000-8000-000000000000";

describe("its health", () => {
  const unheard = (of: string, at = HTTPS) =>
    `Texts that come to ${of} are not told to us: set its messaging profile's webhook URL to ${at}/api/v1/carrier/telnyx/messages.`;

  it("is told in the operator's words: balance, sender, webhooks", async () => {
    const phone = desk.open({}, HTTPS);
    const facts = {
      ...{ account: "reached", profile: "lines", sender: desk.sandbox.from },
      status_webhook: `${HTTPS}/api/v1/carrier/telnyx/status/…`,
    };
    const balanceMicroUsd = 1_000_000_000n;
    const before = { ...facts, inbound_webhook: "set at the first purchase" };
    expect(await phone.health()).toEqual({ problems: [unheard("TELNYX_FROM")], balanceMicroUsd, facts: before });
    expect(await phone.buyNumber({ reference: randomUUID(), country: "GB" })).toMatchObject({ kind: "bought" });
    expect(await phone.health()).toEqual({
      ...{ problems: [], facts: { ...facts, inbound_webhook: "set" } },
      balanceMicroUsd: balanceMicroUsd - 1_500_000n,
    });
    const pooled = desk.open({ pool: { profileId: desk.sandbox.poolProfileId } }, HTTPS);
    const problems = [unheard("TELNYX_POOL_PROFILE_ID")];
    expect(await pooled.health()).toMatchObject({ problems, facts: { sender: "number pool" } });
  });

  it.each<[string, Parameters<Desk["open"]>, RegExp]>([
    ["a wrong key", [{ apiKey: "KEY" }, HTTPS], /refuses TELNYX_API_KEY/],
    ["nobody there", [{ url: "http://127.0.0.1:1/v2" }, HTTPS], /gives no answer: is TELNYX_URL right/],
    ["no such profile", [{ profileId: NOBODY }, HTTPS], /no messaging profile TELNYX_MESSAGING_PROFILE_ID/],
    ["no such pool", [{ pool: { profileId: NOBODY } }, HTTPS], /no messaging profile TELNYX_POOL_PROFILE_ID/],
    ["no such number", [{ pool: { from: "+12125550999" } }, HTTPS], /holds no number TELNYX_FROM/],
    ["news in the open", [{}, "http://shop.example"], /PUBLIC_URL is not https/],
  ])("names %s", async (_, given, problem) => {
    const { problems } = await desk.open(...given).health();
    expect(problems).toEqual(expect.arrayContaining([expect.stringMatching(problem)]));
    expect(problems.join()).not.toContain(desk.sandbox.apiKey);
  });

  it("names an empty balance, and a profile that tells somebody else", async () => {
    desk.sandbox.order({ balanceUsd: "0" });
    const at = "https://moved.example";
    expect(await desk.open({}, at).health()).toMatchObject({
      balanceMicroUsd: 0n,
      problems: [
        expect.stringContaining("balance at Telnyx is empty"),
        unheard("TELNYX_MESSAGING_PROFILE_ID", at),
        unheard("TELNYX_FROM", at),
      ],
    });
  });
});

describe("a look-up", () => {
  it.each([
    ["+12025550140", "mobile"],
    ["+12025550141", "landline"],
    ["+12025550142", "voip"],
    ["+12025550143", "toll_free"],
    ["+12025550144", undefined],
    ["+12025550145", "other"],
  ])("of %s tells %s, and the carrier", async (phoneNumber, lineType) => {
    expect(await desk.phone.lookUp?.(phoneNumber)).toEqual({ kind: "facts", lineType, carrier: "Sandbox Mobile" });
  });

  it("may be refused, or have no answer", async () => {
    expect(await desk.phone.lookUp?.("nobody")).toEqual({ kind: "refused", reason: "recipient_refused" });
    expect(await desk.open({ apiKey: "KEY" }).lookUp?.("+12025550140")).toEqual({
      ...{ kind: "refused", reason: "no_answer" },
    });
    desk.sandbox.order({ fault: { place: "lookup", how: "500" } });
    expect(await desk.phone.lookUp?.("+12025550140")).toEqual({ kind: "unknown" });
  });
});

describe("its environment", () => {
  const given = {
    TELNYX_API_KEY: "KEY0123",
    TELNYX_PUBLIC_KEY: `${"A".repeat(43)}=`,
    TELNYX_MESSAGING_PROFILE_ID: "b22205f9-e874-4c4e-823d-e9b0e440abe9",
    TELNYX_FROM: "+18005550199",
    TELNYX_URL: "https://api.telnyx.com/v2",
  };
  const OTHER = "b22205f9-e874-4c4e-823d-e9b0e440abea";

  it("is a key, whose signature its news bears, a profile and a sender", () => {
    expect(telnyxOf(given)).toEqual({
      ...{ carrier: "telnyx", apiKey: "KEY0123", publicKey: given.TELNYX_PUBLIC_KEY, url: given.TELNYX_URL },
      ...{ profileId: given.TELNYX_MESSAGING_PROFILE_ID, pool: { from: "+18005550199" } },
    });
    const pooled = { ...given, TELNYX_FROM: undefined, TELNYX_POOL_PROFILE_ID: OTHER };
    expect(telnyxOf(pooled).pool).toEqual({ profileId: OTHER });
  });

  it.each<[object, string]>([
    [{ TELNYX_API_KEY: undefined }, "TELNYX_API_KEY: is missing"],
    [
      { TELNYX_PUBLIC_KEY: undefined, TELNYX_API_KEY: undefined },
      "TELNYX_API_KEY: is missing, as PHONE_CARRIER is telnyx\nTELNYX_PUBLIC_KEY: is missing",
    ],
    [{ TELNYX_MESSAGING_PROFILE_ID: undefined }, "TELNYX_MESSAGING_PROFILE_ID: is missing"],
    [{ TELNYX_FROM: undefined }, "TELNYX_FROM: is missing; or set TELNYX_POOL_PROFILE_ID, not both"],
    [{ TELNYX_POOL_PROFILE_ID: OTHER }, "not both"],
    [{ TELNYX_FROM: undefined, TELNYX_POOL_PROFILE_ID: given.TELNYX_MESSAGING_PROFILE_ID }, "must be another profile"],
  ])("is complained about by name: %j", (change, complaint) => {
    expect(() => telnyxOf({ ...given, ...change })).toThrow(complaint);
  });

  it.each(["TELNYX_PUBLIC_KEY", "TELNYX_MESSAGING_PROFILE_ID", "TELNYX_FROM", "TELNYX_URL", "TELNYX_API_KEY"])(
    "does not take any %s, nor quotes it",
    (name) => {
      const read = () => readEnv({ ...given, PHONE_CARRIER: "telnyx", [name]: "se cret" });
      expect(read).toThrow(new RegExp(`^${name}: `, "m"));
      expect(read).not.toThrow(/se cret/);
    },
  );
});
