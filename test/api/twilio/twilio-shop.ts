import { startTwilio, type TwilioOptions, type TwilioSandbox } from "../../../dev/carriers/twilio/server.ts";
import { createPhoneShop, type PhoneShop } from "../phone/phone-shop.ts";

export type TwilioShop = { shop: PhoneShop; twilio: TwilioSandbox; close(): Promise<void> };

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
  const { close } = shop;
  return {
    shop,
    twilio,
    close: async () => {
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
