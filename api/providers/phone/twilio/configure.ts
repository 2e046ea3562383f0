import { type Account, newsUrl, pathOf } from "./account.ts";
import type { Fields } from "./line.ts";
import { isRefusal } from "./refusals.ts";

/** A number of ours, as Twilio tells it. */
export type Held = { sid: string; phone_number: string; friendly_name: string; sms_url?: string | null };

/** `refused`: Twilio will not have it so. */
export type Configured = "done" | "refused" | "unknown";

/** Has a number's texts come to us; again does no harm. */
export async function configure(account: Account, held: Held): Promise<Configured> {
  const set = held.sms_url === newsUrl(account, "inbound") ? "done" : await setUrls(account, held);
  return set === "done" ? joinService(account, held) : set;
}

configure.fields = (account: Account): Fields => ({ SmsUrl: newsUrl(account, "inbound"), SmsMethod: "POST" });

async function setUrls(account: Account, { sid }: Held): Promise<Configured> {
  const path = pathOf(account, `/IncomingPhoneNumbers/${sid}.json`);
  const told = await account.line.act({ what: "configure", path, form: configure.fields(account) });
  // One that is not known there yet is not to be taken for one that was given back.
  if (isRefusal(told) && told.status !== 404) return "refused";
  const isSet = told.kind === "answer" && told.json.sms_url === newsUrl(account, "inbound");
  return isSet ? "done" : "unknown";
}

/** The number is in the service already. */
const IN_IT = 21710;

async function joinService({ env, line }: Account, { sid }: Held): Promise<Configured> {
  if (env.lineServiceSid === undefined) return "done";
  const path = `/v1/Services/${env.lineServiceSid}/PhoneNumbers`;
  const told = await line.act({ what: "join service", host: "messaging", path, form: { PhoneNumberSid: sid } });
  if (told.kind !== "answer") return "unknown";
  if (told.status < 300 || Number(told.json.code) === IN_IT) return "done";
  return isRefusal(told) ? "refused" : "unknown";
}
