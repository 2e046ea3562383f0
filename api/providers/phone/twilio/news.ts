import type { CarrierNews, CarrierReply, Receipt } from "../../phone.ts";
import { claimName } from "../carrier-names.ts";
import type { Inbox } from "../inbox.ts";
import { keepWish } from "../opt-outs.ts";
import { type Account, TWILIO } from "./account.ts";
import { isSigned } from "./signature.ts";

/** What Twilio's statuses come to; of the others there is nothing to tell yet. */
const STATUSES: Readonly<Record<string, Receipt["status"]>> = {
  sent: "sent",
  delivered: "delivered",
  read: "delivered",
  undelivered: "undelivered",
  failed: "undelivered",
};

const OPTED_OUT = "21610";
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
  if (reference !== undefined) return takeStatus(account, inbox, { reference, fields });
  return news.path === "/inbound" ? takeText(account, inbox, fields) : { status: 404 };
}

/** Told under our reference, which gives the message its name here, should the answer to the call be missed. */
async function takeStatus(
  account: Account,
  inbox: Inbox,
  { reference, fields }: { reference: string; fields: URLSearchParams },
): Promise<CarrierReply> {
  const carrierId = fields.get("MessageSid") ?? "";
  const told = fields.get("MessageStatus") ?? "";
  await claimName(account.db.pool, { carrier: TWILIO, carrierId, reference });
  const at = new Date(account.clock.nowMs());
  const status = Object.hasOwn(STATUSES, told) ? STATUSES[told] : undefined;
  if (status) await inbox.keep({ newsId: `${carrierId} ${told}`, at, kind: "receipt", status, carrierId });
  const pair = { line: lineOf(account, fields, "From"), other: fields.get("To") ?? "" };
  if (fields.get("ErrorCode") === OPTED_OUT) await keep(account, pair, { isOut: true, at });
  return { status: 204 };
}

async function takeText(account: Account, inbox: Inbox, fields: URLSearchParams): Promise<CarrierReply> {
  const carrierId = fields.get("MessageSid") ?? "";
  const at = new Date(account.clock.nowMs());
  const [from, to] = [fields.get("From") ?? "", fields.get("To") ?? ""];
  const line = lineOf(account, fields, "To");
  const text = fields.get("Body") ?? "";
  await inbox.keep({ newsId: carrierId, at, kind: "inbound", carrierId, line, from, to, text });
  const wish = fields.get("OptOutType");
  if (wish === "STOP" || wish === "START") await keep(account, { line, other: from }, { isOut: wish === "STOP", at });
  // No words: Twilio would send them as an answer.
  return { status: 200, contentType: "text/xml; charset=utf-8", body: "<Response/>" };
}

/** Twilio knows words of the operator's own, and in other languages. */
const keep = ({ db }: Account, ...[pair, wish]: [Parameters<typeof keepWish>[1], Parameters<typeof keepWish>[2]]) =>
  db.transaction((client) => keepWish(client, pair, wish));

/** The number of ours; undefined, when it is the pool's. */
function lineOf({ env: { sender } }: Account, fields: URLSearchParams, name: "From" | "To"): string | undefined {
  const number = fields.get(name) ?? "";
  if ("from" in sender) return number === sender.from ? undefined : number;
  return fields.get("MessagingServiceSid") === sender.messagingServiceSid ? undefined : number;
}
