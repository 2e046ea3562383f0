import type { z } from "zod";
import { type TwilioEnv, twilioOf } from "./twilio.ts";
import type { variables } from "./variables.ts";

/** Who has phone numbers and carries texts, and what leads to them. */
export type PhoneEnv = { carrier: "off" } | { carrier: "sandbox" } | TwilioEnv;

export function phoneOf(given: z.infer<typeof variables>): PhoneEnv {
  switch (given.PHONE_CARRIER) {
    case "twilio":
      return twilioOf(given);
    default:
      return { carrier: given.PHONE_CARRIER };
  }
}
