import type { z } from "zod";
import { type SmppEnv, smppOf } from "./smpp.ts";
import { type TelnyxEnv, telnyxOf } from "./telnyx.ts";
import { type TwilioEnv, twilioOf } from "./twilio.ts";
import type { variables } from "./variables.ts";

/** Who has phone numbers and carries texts, and what leads to them. */
export type PhoneEnv = { carrier: "off" } | { carrier: "sandbox" } | TwilioEnv | SmppEnv | TelnyxEnv;

export function phoneOf(given: z.infer<typeof variables>): PhoneEnv {
  switch (given.PHONE_CARRIER) {
    case "telnyx":
      return telnyxOf(given);
    case "twilio":
      return twilioOf(given);
    case "smpp":
      return smppOf(given);
    default:
      return { carrier: given.PHONE_CARRIER };
  }
}
