import { CARRIER } from "../../../limits.ts";
import type { Text } from "../../phone.ts";
import { type Account, pathOf } from "./account.ts";
import type { Fields, Json } from "./line.ts";

/** A message that left from us, as Twilio tells it. */
export type Sent = { sid: string; status: string; error_code?: number | null };

/** Between two clocks, and for a request that waited on its way. */
const EARLIER_MS = 3600_000;
const PAGES = { size: "200", most: 10 } as const;

/**
 * Messages that are alike in all that is known of a text, the oldest first; undefined, where that is not known. The list
 * is not narrowed by its date of sending, which what still waits does not have: it comes with the latest first.
 */
export async function sentSince(account: Account, text: Text, triedAt: Date): Promise<Sent[] | undefined> {
  // Nothing that began longer ago than it would be given up is looked for.
  const oldestMs = Math.max(triedAt.getTime(), account.clock.nowMs() - CARRIER.giveUpSec * 1000);
  const sinceMs = oldestMs - EARLIER_MS;
  const found: Json[] = [];
  let path = pathOf(account, "/Messages.json");
  let query: Fields = { To: text.to, ...fromOf(account, text), PageSize: PAGES.size };
  for (let page = 0; page < PAGES.most; page++) {
    const told = await account.line.ask({ what: "find text", path, query });
    if (told.kind !== "answer" || told.status !== 200 || !Array.isArray(told.json.messages)) return undefined;
    const messages: Json[] = told.json.messages;
    found.push(...messages.filter((message) => isAlike(account, text, message)));
    const isOld = messages.some(({ date_created: at }) => Date.parse(at) < sinceMs);
    const next = told.json.next_page_uri;
    if (isOld || !next) return found.filter(({ date_created: at }) => !(Date.parse(at) < sinceMs)).reverse();
    // It is Twilio's word where to go on; the token goes nowhere else.
    if (!String(next).startsWith(`${pathOf(account, "/Messages.json")}?`)) return undefined;
    [path, query] = [String(next), {}];
  }
  return undefined;
}

function fromOf({ env: { sender } }: Account, { line }: Text): Fields {
  if (line !== undefined) return { From: line };
  return "from" in sender ? { From: sender.from } : {};
}

function isAlike({ env: { sender } }: Account, text: Text, message: Json): boolean {
  if (!String(message.direction).startsWith("outbound") || message.to !== text.to) return false;
  const isSender =
    text.line === undefined && "messagingServiceSid" in sender
      ? message.messaging_service_sid === sender.messagingServiceSid
      : message.from === (text.line ?? ("from" in sender ? sender.from : undefined));
  return isSender && isSame(String(message.body), text.text);
}

/** Accounts on trial have Twilio's words in front of theirs. */
const ON_TRIAL = "Sent from your Twilio trial account - ";

const isSame = (carried: string, text: string): boolean => {
  const body = carried.startsWith(ON_TRIAL) ? carried.slice(ON_TRIAL.length) : carried;
  return plain(body) === plain(text);
};

const plain = (text: string): string => text.replaceAll("\r\n", "\n").trim();
