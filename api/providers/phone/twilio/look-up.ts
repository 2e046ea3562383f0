import type { NumberFacts, Refused, Unknown } from "../../phone.ts";
import type { Account } from "./account.ts";
import { refusalOf } from "./refusals.ts";

const LINE_TYPES: Readonly<Record<string, NumberFacts["lineType"]>> = {
  mobile: "mobile",
  landline: "landline",
  fixedVoip: "voip",
  nonFixedVoip: "voip",
  tollFree: "toll_free",
  personal: "other",
  premium: "other",
  sharedCost: "other",
  uan: "other",
  voicemail: "other",
  pager: "other",
};

export async function lookUp({ line }: Account, phoneNumber: string): Promise<NumberFacts | Refused | Unknown> {
  const path = `/v2/PhoneNumbers/${encodeURIComponent(phoneNumber)}`;
  const query = { Fields: "line_type_intelligence" };
  const told = await line.ask({ what: "look-up", host: "lookups", path, query });
  if (told.kind !== "answer" || told.status !== 200) {
    const answer = refusalOf(told, "recipient_refused");
    return answer.kind === "refused" ? answer : { kind: "unknown" };
  }
  const { type, carrier_name: carrier } = told.json.line_type_intelligence ?? {};
  return {
    kind: "facts",
    lineType: Object.hasOwn(LINE_TYPES, String(type)) ? LINE_TYPES[String(type)] : undefined,
    carrier: typeof carrier === "string" && carrier !== "" ? carrier : undefined,
  };
}
