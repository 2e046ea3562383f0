import { type Account, newsUrl, pathOf } from "./account.ts";
import type { Fields } from "./line.ts";

/** A number of ours, as Twilio tells it. */
export type Held = { sid: string; phone_number: string; friendly_name: string; sms_url?: string | null };

/** Has a number's texts come to us. False, when that is not certain; again does no harm. */
export async function configure(account: Account, held: Held): Promise<boolean> {
  if (held.sms_url !== newsUrl(account, "inbound") && !(await setUrls(account, held))) return false;
  return joinService(account, held);
}

configure.fields = (account: Account): Fields => ({ SmsUrl: newsUrl(account, "inbound"), SmsMethod: "POST" });

async function setUrls(account: Account, { sid }: Held): Promise<boolean> {
  const path = pathOf(account, `/IncomingPhoneNumbers/${sid}.json`);
  const told = await account.line.act({ what: "configure", path, form: configure.fields(account) });
  return told.kind === "answer" && told.status === 200 && told.json.sms_url === newsUrl(account, "inbound");
}

/** The number is in the service already. */
const IN_IT = 21710;

async function joinService({ env, line }: Account, { sid }: Held): Promise<boolean> {
  if (env.lineServiceSid === undefined) return true;
  const path = `/v1/Services/${env.lineServiceSid}/PhoneNumbers`;
  const told = await line.act({ what: "join service", host: "messaging", path, form: { PhoneNumberSid: sid } });
  if (told.kind !== "answer") return false;
  return told.status === 201 || told.status === 200 || Number(told.json.code) === IN_IT;
}
