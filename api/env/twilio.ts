import { z } from "zod";

/** What leads to an account at Twilio. */
export type TwilioEnv = {
  carrier: "twilio";
  accountSid: string;
  /** Signs what Twilio tells us. */
  authToken: string;
  /** What we ask with; absent, that is the account and its token. */
  apiKey: { sid: string; secret: string } | undefined;
  /** Where texts leave from that have no line. */
  sender: { from: string } | { messagingServiceSid: string };
  /** The messaging service that lines are put into: US mobile networks take texts of a registered campaign only. */
  lineServiceSid: string | undefined;
  /** Stands in for all of Twilio's hosts. */
  url: string | undefined;
};

const sid = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), `needs ${prefix} and 32 hex digits`);

export const twilioVariables = {
  TWILIO_ACCOUNT_SID: sid("AC").optional(),
  TWILIO_AUTH_TOKEN: z.string().min(1).optional(),
  TWILIO_API_KEY_SID: sid("SK").optional(),
  TWILIO_API_KEY_SECRET: z.string().min(1).optional(),
  TWILIO_FROM: z
    .string()
    .regex(/^\+[1-9]\d{6,14}$/, "needs a number in E.164 form")
    .optional(),
  TWILIO_MESSAGING_SERVICE_SID: sid("MG").optional(),
  TWILIO_LINE_SERVICE_SID: sid("MG").optional(),
  TWILIO_URL: z.url({ protocol: /^https?$/ }).optional(),
};

type Given = z.infer<z.ZodObject<typeof twilioVariables>>;

/** @throws Error that names every variable that is missing */
export function twilioOf(given: Given): TwilioEnv {
  const { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken } = given;
  const sender = senderOf(given);
  const missing = [
    ...(accountSid === undefined ? ["TWILIO_ACCOUNT_SID: is missing, as PHONE_CARRIER is twilio"] : []),
    ...(authToken === undefined ? ["TWILIO_AUTH_TOKEN: is missing, as PHONE_CARRIER is twilio"] : []),
    ...(sender === undefined ? ["TWILIO_FROM: is missing; or set TWILIO_MESSAGING_SERVICE_SID, not both"] : []),
    ...complaintsOfKey(given),
  ];
  if (accountSid === undefined || authToken === undefined || sender === undefined || missing.length > 0)
    throw new Error(missing.join("\n"));
  const { TWILIO_API_KEY_SID: keySid, TWILIO_API_KEY_SECRET: secret } = given;
  const apiKey = keySid !== undefined && secret !== undefined ? { sid: keySid, secret } : undefined;
  const { TWILIO_LINE_SERVICE_SID: lineServiceSid, TWILIO_URL: url } = given;
  return { carrier: "twilio", accountSid, authToken, apiKey, sender, lineServiceSid, url };
}

function senderOf({
  TWILIO_FROM: from,
  TWILIO_MESSAGING_SERVICE_SID: messagingServiceSid,
}: Given): TwilioEnv["sender"] | undefined {
  if (from !== undefined && messagingServiceSid !== undefined) return undefined;
  return from !== undefined ? { from } : messagingServiceSid !== undefined ? { messagingServiceSid } : undefined;
}

function complaintsOfKey({ TWILIO_API_KEY_SID: keySid, TWILIO_API_KEY_SECRET: secret }: Given): string[] {
  if (keySid !== undefined && secret === undefined)
    return ["TWILIO_API_KEY_SECRET: is missing, as TWILIO_API_KEY_SID is set"];
  if (keySid === undefined && secret !== undefined)
    return ["TWILIO_API_KEY_SID: is missing, as TWILIO_API_KEY_SECRET is set"];
  return [];
}
