import type { z } from "zod";
import type { variables } from "./variables.ts";

/** Who has phone numbers and carries texts, and what leads to them. */
export type PhoneEnv = { carrier: "off" } | { carrier: "sandbox" };

export function phoneOf(given: z.infer<typeof variables>): PhoneEnv {
  return { carrier: given.PHONE_CARRIER };
}
