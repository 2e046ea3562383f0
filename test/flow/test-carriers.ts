import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startTelnyxSandbox } from "../../dev/carriers/telnyx/server.ts";
import { startTwilio } from "../../dev/carriers/twilio/server.ts";
import { startFriendlySmsc } from "./friendly-smsc.ts";

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
  smpp: async () => {
    const [smsc, folder] = [await startFriendlySmsc(), await mkdtemp(path.join(tmpdir(), "turnpike-lines-"))];
    const lines = path.join(folder, "lines.json");
    await writeFile(lines, JSON.stringify([{ phoneNumber: "+12015550177", country: "US", monthlyUsd: 1 }]));
    const login = { SMPP_SYSTEM_ID: "turnpike", SMPP_PASSWORD: "secret", SMPP_FROM: "Turnpike" };
    const close = async () => {
      await smsc.close();
      await rm(folder, { recursive: true });
    };
    return { env: { PHONE_CARRIER: "smpp", SMPP_URL: smsc.url, SMPP_NUMBERS: lines, ...login }, close };
  },
};
