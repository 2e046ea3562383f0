import { z } from "zod";
import type { NumberFacts, Refused, Unknown } from "../../phone.ts";
import { type Account, ask } from "./account.ts";
import { isOfAccount } from "./refusals.ts";

const LINE_TYPES: Readonly<Record<string, NumberFacts["lineType"]>> = {
  mobile: "mobile",
  "fixed line": "landline",
  voip: "voip",
  "toll free": "toll_free",
  // Nobody can tell; North America keeps both in the same ranges.
  "fixed line or mobile": undefined,
  unknown: undefined,
};

const shape = z.object({
  data: z.object({ carrier: z.object({ name: z.string().nullish(), type: z.string().nullish() }).nullish() }),
});

export async function lookUp(account: Account, phoneNumber: string): Promise<NumberFacts | Refused | Unknown> {
  const path = `/number_lookup/${encodeURIComponent(phoneNumber)}?type=carrier`;
  const reply = await ask(account, { what: "lookup", path }, shape);
  if (reply.kind === "refused")
    return { kind: "refused", reason: isOfAccount(reply) ? "no_answer" : "recipient_refused" };
  if (reply.kind !== "data") return { kind: "unknown" };
  const { name, type } = reply.data.data.carrier ?? {};
  const lineType = type && Object.hasOwn(LINE_TYPES, type) ? LINE_TYPES[type] : type ? "other" : undefined;
  return { kind: "facts", lineType, carrier: name || undefined };
}
