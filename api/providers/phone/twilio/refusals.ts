import type { Absent, RefusalReason, Refused, Unknown } from "../../phone.ts";
import type { Told } from "./line.ts";

/** Twilio's error codes that say more than that it refuses. */
const REASONS: Readonly<Record<number, RefusalReason>> = {
  // The account is not active: Twilio suspends it when its balance is used up.
  20005: "no_balance",
  30002: "no_balance",
  20404: "out_of_stock",
  21422: "out_of_stock",
  21452: "out_of_stock",
  21211: "recipient_refused",
  21217: "recipient_refused",
  21265: "recipient_refused",
  21408: "recipient_refused",
  21604: "recipient_refused",
  21608: "recipient_refused",
  21610: "opted_out",
  21612: "recipient_refused",
  21614: "recipient_refused",
  21635: "recipient_refused",
  21212: "sender_refused",
  21603: "sender_refused",
  21606: "sender_refused",
  21659: "sender_refused",
  21660: "sender_refused",
  21703: "sender_refused",
};

/** What an answer that is no success says of the effect that was asked for; `usual`, where Twilio does not say why. */
export function refusalOf(told: Told, usual: RefusalReason): Refused | Absent | Unknown {
  if (told.kind === "unsent") return { kind: "absent" };
  if (!isRefusal(told)) return { kind: "unknown" };
  if (told.status === 402) return { kind: "refused", reason: "no_balance" };
  return { kind: "refused", reason: reasonOf(told.json.code) ?? usual };
}

/** Said to mean that there was not the time to find out, or somebody else to ask. */
const NO_REFUSALS = new Set([408, 409, 425]);

/** Whether Twilio says no: it does so with a code of its own; without one it is the word of who stands in between. */
export const isRefusal = (told: Told): told is Answer =>
  told.kind === "answer" &&
  told.status >= 400 &&
  told.status < 500 &&
  !NO_REFUSALS.has(told.status) &&
  Number.isInteger(told.json.code);

type Answer = Extract<Told, { kind: "answer" }>;

export const reasonOf = (code: unknown): RefusalReason | undefined => REASONS[Number(code)];
