import { randomUUID } from "node:crypto";
import type { TwilioEnv } from "../../../api/env/twilio.ts";
import type { OnceDeps } from "../../../api/providers/phone/once.ts";
import { sendText } from "../../../api/providers/phone/send.ts";
import { openTwilio, type TwilioDeps } from "../../../api/providers/phone/twilio/carrier.ts";
import type { PhoneProvider, Text } from "../../../api/providers/phone.ts";
import { startTwilio, type TwilioOptions, type TwilioSandbox } from "../../../dev/carriers/twilio/server.ts";
import { createPhoneShop, type PhoneShop, wallet } from "../phone/phone-shop.ts";

export type TwilioShop = {
  shop: PhoneShop;
  twilio: TwilioSandbox;
  phone: PhoneProvider;
  /** The same account in other hands. */
  open(env?: Partial<TwilioEnv>, deps?: Partial<TwilioDeps>): PhoneProvider;
  /** Sends a paid text once. */
  send(text: Text, phone?: PhoneProvider): ReturnType<typeof sendText>;
  /** Asks again, as long as it takes, until it is known what became of it. */
  finish(text: Text): Promise<Awaited<ReturnType<typeof sendText>>["outcome"]>;
  close(): Promise<void>;
};

/** A text of the pool's that nobody has sent yet. */
export const textTo = (to: string, text = "x", line?: string): Text => ({ reference: randomUUID(), line, to, text });

/** A whole shop that sells numbers and texts of the sandbox's account. `through` stands between the two. */
export async function createTwilioShop(
  { env = {}, ...options }: TwilioOptions & { env?: NodeJS.ProcessEnv } = {},
  through: (url: string) => Promise<string> = async (url) => url,
): Promise<TwilioShop> {
  let shop: PhoneShop | undefined;
  const twilio = await startTwilio({ ...options, clock: { nowMs: () => shop?.clock.nowMs() ?? 0 } });
  shop = await createPhoneShop({
    PHONE_CARRIER: "twilio",
    TWILIO_URL: await through(twilio.url),
    TWILIO_ACCOUNT_SID: twilio.accountSid,
    TWILIO_AUTH_TOKEN: twilio.authToken,
    TWILIO_FROM: twilio.pool,
    ...env,
  });
  await pointPool(twilio, `${shop.server.publicUrl}/api/v1/carrier/twilio/inbound`);
  const { close, clock } = shop;
  const { db, log, publicUrl, phone: found } = shop.server.deps;
  const phone = found as PhoneProvider;
  const { accountSid, authToken, url, pool } = twilio;
  const usual: TwilioEnv = {
    ...{ carrier: "twilio", accountSid, authToken, apiKey: undefined },
    ...{ sender: { from: pool }, lineServiceSid: undefined, url },
  };
  const opened: PhoneProvider[] = [];
  const send: TwilioShop["send"] = (text, by = phone) => {
    const deps: OnceDeps = { db, clock, log, phone: by };
    return sendText(deps, text, { address: wallet.address, chainId: 8453 });
  };
  return {
    shop,
    twilio,
    phone,
    send,
    open: (other, deps) => {
      const one = openTwilio({ ...usual, ...other }, { db, clock, log, publicUrl, ...deps });
      opened.push(one);
      return one;
    },
    finish: async (text) => {
      for (;;) {
        const { outcome } = await send(text);
        if (outcome.kind !== "unknown") return outcome;
        clock.advance(outcome.retryAfterSec);
      }
    },
    close: async () => {
      for (const one of opened) await one.close();
      await close();
      await twilio.close();
    },
  };
}

/** What an operator does once: messages to the pool's number come to the shop. */
async function pointPool({ url, accountSid, authToken, numbers }: TwilioSandbox, smsUrl: string): Promise<void> {
  const path = `/2010-04-01/Accounts/${accountSid}/IncomingPhoneNumbers/${numbers()[0]?.sid}.json`;
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString("base64")}`;
  const body = new URLSearchParams({ SmsUrl: smsUrl });
  const { status } = await fetch(url + path, { method: "POST", headers: { authorization }, body });
  if (status !== 200) throw new Error(`the pool's number was not configured: ${status}`);
}
