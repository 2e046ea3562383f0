import type { CarrierNews, CarrierReply } from "../../phone.ts";
import { claimName } from "../carrier-names.ts";
import type { Inbox } from "../inbox.ts";
import { type Account, TWILIO } from "./account.ts";
import { isSigned } from "./signature.ts";
import { type Told, takeStatus, takeText } from "./take.ts";

const SID = /^(SM|MM)[0-9a-fA-F]{32}$/;

/** Twilio has something to tell. It is on record once this answers, however often it is told. */
export async function receive(account: Account, inbox: Inbox, news: CarrierNews): Promise<CarrierReply> {
  const { env, publicUrl } = account;
  const fields = new URLSearchParams(news.body.toString("utf8"));
  const signed = { authToken: env.authToken, url: publicUrl + news.target, fields };
  const isTheirs = isSigned(news.headers["x-twilio-signature"], signed);
  if (!isTheirs || fields.get("AccountSid") !== env.accountSid) return { status: 403 };
  if (!SID.test(fields.get("MessageSid") ?? "")) return { status: 400 };
  const [, reference] = /^\/status\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(news.path) ?? [];
  if (reference !== undefined) return hearStatus(account, inbox, { reference, fields });
  return news.path === "/inbound" ? hearText(account, inbox, fields) : { status: 404 };
}

type Heard = { reference: string; fields: URLSearchParams };

/** Told under our reference, which gives the message its name here, should the answer to the call be missed. */
async function hearStatus(account: Account, inbox: Inbox, { reference, fields }: Heard): Promise<CarrierReply> {
  const message = messageOf(account, fields);
  await claimName(account.db.pool, { carrier: TWILIO, carrierId: message.sid, reference });
  const [status = "", errorCode] = [fields.get("MessageStatus") ?? "", fields.get("ErrorCode") ?? undefined];
  await takeStatus(account, inbox, { ...message, status, errorCode });
  return { status: 204 };
}

async function hearText(account: Account, inbox: Inbox, fields: URLSearchParams): Promise<CarrierReply> {
  const wish = fields.get("OptOutType") ?? undefined;
  await takeText(account, inbox, { ...messageOf(account, fields), text: fields.get("Body") ?? "", wish });
  // No words: Twilio would send them as an answer.
  return { status: 200, contentType: "text/xml; charset=utf-8", body: "<Response/>" };
}

const messageOf = ({ clock }: Account, fields: URLSearchParams): Told => ({
  sid: fields.get("MessageSid") ?? "",
  from: fields.get("From") ?? "",
  to: fields.get("To") ?? "",
  serviceSid: fields.get("MessagingServiceSid") ?? undefined,
  at: new Date(clock.nowMs()),
});
