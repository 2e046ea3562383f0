import { startTelnyxSandbox } from "../../dev/carriers/telnyx/server.ts";
import { startTwilio } from "../../dev/carriers/twilio/server.ts";

/** Somebody to carry texts, whom the environment names. Texts that begin with "Reply " are answered with the rest. */
export type TestCarrier = { readonly env: NodeJS.ProcessEnv; close(): Promise<void> };

/** Every carrier that there is an adapter for, or what stands in for it and speaks its protocol. */
export const CARRIERS: Readonly<Record<string, () => Promise<TestCarrier>>> = {
  sandbox: async () => ({ env: { PHONE_CARRIER: "sandbox" }, close: async () => {} }),
  telnyx: startTelnyxSandbox,
  twilio: async () => {
    const { url, accountSid, authToken, pool, close } = await startTwilio();
    const account = { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken, TWILIO_FROM: pool };
    return { env: { PHONE_CARRIER: "twilio", TWILIO_URL: url, ...account }, close };
  },
};
