import type { RefusalReason } from "../../phone.ts";

/** SMPP 3.4, 5.1.3, as far as we say or tell them apart. */
export const STATUS = {
  ok: 0x00,
  invalidCommandLength: 0x02,
  invalidCommandId: 0x03,
  /** Ours, to what it delivered: tell it again. */
  temporaryError: 0x64,
  /** Ours: tell it never again. */
  permanentError: 0x65,
} as const;

/** What an answer to a submit says. With an error's status nothing was taken on, whatever the error. */
export type Verdict =
  | { kind: "taken" }
  /** Too much at once: the same again, in a moment. */
  | { kind: "wait" }
  /** Something is wrong there that may pass. */
  | { kind: "later" }
  | { kind: "refused"; reason: RefusalReason };

const VERDICTS: readonly (readonly [Verdict, ...number[]])[] = [
  [{ kind: "taken" }, STATUS.ok],
  // ESME_RMSGQFUL, ESME_RTHROTTLED
  [{ kind: "wait" }, 0x14, 0x58],
  // ESME_RINVBNDSTS, ESME_RSYSERR, ESME_RUNKNOWNERR
  [{ kind: "later" }, 0x04, 0x08, 0xff],
  // ESME_RINVSRCADR, ESME_RINVSRCTON, ESME_RINVSRCNPI
  [{ kind: "refused", reason: "sender_refused" }, 0x0a, 0x48, 0x49],
];

export function verdictOf(status: number): Verdict {
  const [known] = VERDICTS.find(([, ...statuses]) => statuses.includes(status)) ?? [];
  return known ?? { kind: "refused", reason: "recipient_refused" };
}

/** What keeps us from being bound, for the operator. */
export function bindProblem(status: number): string {
  if (status === 0x0e || status === 0x0f) return "The SMSC refuses SMPP_SYSTEM_ID or SMPP_PASSWORD.";
  if (status === 0x53) return "The SMSC refuses SMPP_SYSTEM_TYPE.";
  if (status === 0x05) return "The SMSC allows no further bind: run fewer processes, or have it allow more.";
  return `The SMSC refuses the bind with status 0x${status.toString(16).padStart(2, "0")}.`;
}
