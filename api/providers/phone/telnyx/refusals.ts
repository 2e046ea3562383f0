import type { RefusalReason, Refused } from "../../phone.ts";

/** What Telnyx's codes for texts that it does not take come to. */
const OF_TEXTS: Readonly<Record<string, RefusalReason>> = {
  ...all("recipient_refused", ["10002", "10016", "40001", "40012", "40301", "40309", "40310", "40319"]),
  ...all("sender_refused", ["10009", "10010", "10039", "20002", "20006", "20013", "20014", "20015", "20016", "20017"]),
  ...all("sender_refused", ["40010", "40013", "40100", "40305", "40306", "40308", "40312", "40314", "40315"]),
  ...all("sender_refused", ["40320", "40321", "40329", "40330", "40331", "40333"]),
  "20012": "no_balance",
  "20100": "no_balance",
  "40300": "opted_out",
};

/** It has too much to do: nothing was taken on, and it is to be asked later. */
const BUSY = new Set(["10011", "40318"]);

export const isBusy = (codes: readonly string[]): boolean => codes.some((code) => BUSY.has(code));

/** Somebody wrote STOP to it, which it answers itself. */
export const isOptedOut = (codes: readonly string[]): boolean => codes.includes("40300");

export function textRefusalOf(codes: readonly string[]): Refused {
  const known = codes.map((code) => OF_TEXTS[code]).find((reason) => reason !== undefined);
  return { kind: "refused", reason: known ?? "recipient_refused" };
}

export function numberRefusalOf({ status, codes }: { status: number; codes: readonly string[] }): Refused {
  const isEmpty = status === 402 || codes.some((code) => OF_TEXTS[code] === "no_balance");
  return { kind: "refused", reason: isEmpty ? "no_balance" : "not_sold" };
}

/** Codes of the account, not of the number: with another one it would say the same. */
export const isOfAccount = ({ status, codes }: { status: number; codes: readonly string[] }): boolean =>
  status === 401 || status === 402 || status === 403 || codes.some((code) => /^(10009|10010|20\d{3})$/.test(code));

function all(reason: RefusalReason, codes: readonly string[]): Record<string, RefusalReason> {
  return Object.fromEntries(codes.map((code) => [code, reason]));
}
