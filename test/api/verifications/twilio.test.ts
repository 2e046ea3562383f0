import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTwilioShop, type TwilioShop } from "../twilio/twilio-shop.ts";

let carrier: TwilioShop;
beforeAll(async () => {
  carrier = await createTwilioShop();
});
afterAll(() => carrier?.close());

const START = "/api/v1/verifications/start";

/** The order behind a 202, once it has come to its end. */
const ended = ({ status_url: url }: { status_url: string }, headers: Record<string, string>) =>
  carrier.shop.inTime(
    async () => (await carrier.shop.ask(new URL(url).pathname, { headers })).body,
    ({ status }) => status !== "settled",
  );

const textsTo = (number: string) => carrier.twilio.messages().filter(({ to }) => to === number);

describe("a verification through a carrier that is asked what became of a text by its words", () => {
  it.each([
    ["taken, and the answer lost", true],
    ["lost before it was taken", false],
  ])("sends one code, whose hash alone is ours: %s", async (_how, done) => {
    const { shop, twilio } = carrier;
    const to = done ? "+12025550150" : "+12025550151";
    twilio.order({ at: "send", how: "reset", done });
    const { status, body } = await shop.pay(START, { to });
    expect(status).toBe(202);
    // Longer than what was lost may be on its way.
    shop.clock.advance(130);
    const { answer } = await ended(body, await shop.signIn());
    const [text, ...more] = textsTo(to);
    expect(more).toEqual([]);
    const [code] = /\d{6}/.exec(String(text?.body)) ?? [];
    const { verificationId } = answer;
    expect((await shop.post("/api/v1/verifications/check", { verificationId, code })).body).toMatchObject({
      valid: true,
    });
  });

  it("tells of two alike texts each its own, and takes each code for its own verification", async () => {
    const { shop } = carrier;
    const to = "+12025550152";
    const started = await Promise.all([1, 2, 3].map(() => shop.pay(START, { to })));
    expect(started.map(({ status }) => status)).toEqual([200, 200, 200]);
    const codes = textsTo(to).map(({ body }) => /\d{6}/.exec(body)?.[0]);
    const taken = await Promise.all(
      started.map(async ({ body: { verificationId } }) => {
        const told = codes.map((code) => shop.post("/api/v1/verifications/check", { verificationId, code }));
        return (await Promise.all(told)).filter(({ body }) => body.valid).length;
      }),
    );
    expect([codes.length, taken]).toEqual([3, [1, 1, 1]]);
  });

  it("looks a number up there, once", async () => {
    const { shop, twilio } = carrier;
    const { status, body } = await shop.pay("/api/v1/lookup", { phoneNumber: "+12025550150" });
    expect([status, body]).toEqual([200, expect.objectContaining({ phoneNumber: "+12025550150", country: "US" })]);
    const before = twilio.asked("look_up");
    twilio.order({ at: "look_up", how: "reset", done: true });
    const lost = await shop.pay("/api/v1/lookup", { phoneNumber: "+12025550150" });
    expect([lost.status, lost.body.error, twilio.asked("look_up")]).toEqual([502, "provider_failed", before + 1]);
  });
});
