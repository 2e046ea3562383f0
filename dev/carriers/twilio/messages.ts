import { segmentsOf } from "../../../api/providers/phone/segments.ts";
import { type Asked, below, charge, type Desk, isUrl, only, type Reply, type Route } from "./desk.ts";
import { deliver } from "./receipts.ts";
import { TwilioRefusal } from "./refusal.ts";
import { messageShape, pageShape } from "./shapes.ts";
import { TEXT_MICRO_USD } from "./shelves.ts";
import { type Message, newSid } from "./state.ts";

/** Texts that leave. */
export const messageRoutes: readonly Route[] = [
  { what: "send", method: "POST", path: below("/Messages\\.json"), run: send },
  { what: "find_text", method: "GET", path: below("/Messages\\.json"), run: list },
  { what: "message", method: "GET", path: below("/Messages/(SM\\w+)\\.json"), run: tell },
];

/** Recipients that Twilio's own test credentials refuse. */
const MAGIC: Readonly<Record<string, [code: number, message: string]>> = {
  "+15005550001": [21211, "The 'To' number is not a valid phone number."],
  "+15005550002": [21612, "The 'To' phone number is not currently reachable via SMS"],
  "+15005550003": [21408, "Permission to send an SMS has not been enabled for the region"],
  "+15005550004": [21610, "Attempt to send to unsubscribed recipient"],
  "+15005550009": [21614, "'To' number is not a valid mobile number"],
};

const refuse = (code: number, message: string) => new TwilioRefusal(400, code, message);

function send(desk: Desk, { form }: Asked): Reply {
  const to = toOf(form);
  const { from, serviceSid } = senderOf(desk, form);
  const body = form.get("Body") ?? "";
  if (body.trim() === "") throw refuse(21602, "Message body is required.");
  if ([...body].length > 1600) throw refuse(21617, "The concatenated message body exceeds the 1600 character limit.");
  const statusCallback = form.get("StatusCallback");
  if (statusCallback !== null && !isUrl(statusCallback))
    throw refuse(21609, "The 'StatusCallback' URL is not a valid URL.");
  if (desk.state.optedOut.includes(`${from ?? serviceSid} ${to}`))
    throw refuse(21610, "Attempt to send to unsubscribed recipient");
  const { segments } = segmentsOf(body);
  charge(desk, segments * TEXT_MICRO_USD);
  const message: Message = {
    ...{ sid: newSid("SM"), direction: "outbound-api", from, to, body, serviceSid, segments, statusCallback },
    ...{ status: serviceSid === null ? "queued" : "accepted", errorCode: null, priceMicroUsd: null },
    ...{ createdAtMs: desk.clock.nowMs(), sentAtMs: null },
  };
  desk.state.messages.push(message);
  const json = messageShape(desk.login.accountSid, message);
  return { status: 201, json, ...deliver(desk, message) };
}

function toOf(form: URLSearchParams): string {
  const to = form.get("To");
  if (to === null) throw refuse(21604, "A 'To' phone number is required.");
  if (!/^\+[1-9]\d{6,14}$/.test(to)) throw refuse(21211, `The 'To' number ${to} is not a valid phone number.`);
  const magic = MAGIC[to];
  if (magic) throw refuse(...magic);
  return to;
}

function senderOf({ state }: Desk, form: URLSearchParams): Pick<Message, "from" | "serviceSid"> {
  const [from, serviceSid] = [form.get("From"), form.get("MessagingServiceSid")];
  if (serviceSid !== null) {
    only(state.services.find(({ sid }) => sid === serviceSid));
    return { from: null, serviceSid };
  }
  if (from === null) throw refuse(21603, "A 'From' phone number is required.");
  if (form.get("To") === from) throw refuse(21266, "'To' and 'From' number cannot be the same");
  if (!state.numbers.some(({ phoneNumber }) => phoneNumber === from))
    throw refuse(21606, `The 'From' phone number ${from} is not a valid, SMS-capable number of this account.`);
  return { from, serviceSid: null };
}

/** The latest first. A date of sending leaves out what has none yet. */
function list(desk: Desk, { query, path }: Asked): Reply {
  const isWanted = (message: Message) =>
    [null, message.to].includes(query.get("To")) &&
    [null, message.from].includes(query.get("From")) &&
    isSentIn(message, query);
  const all = desk.state.messages
    .filter(isWanted)
    .toReversed()
    .map((one) => messageShape(desk.login.accountSid, one));
  return { status: 200, json: pageShape({ name: "messages", path, query, all }) };
}

function isSentIn({ sentAtMs }: Message, query: URLSearchParams): boolean {
  const [since, until] = [query.get("DateSent>"), query.get("DateSent<")].map((date) => date && Date.parse(date));
  if (!since && !until) return true;
  return sentAtMs !== null && (!since || sentAtMs >= since) && (!until || sentAtMs <= until);
}

function tell(desk: Desk, { match: [sid] }: Asked): Reply {
  return {
    status: 200,
    json: messageShape(desk.login.accountSid, only(desk.state.messages.find((one) => one.sid === sid))),
  };
}
