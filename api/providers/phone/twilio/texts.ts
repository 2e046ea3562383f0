import type { Absent, Accepted, Refused, Text, Unknown } from "../../phone.ts";
import { carrierIdOf, claimedNames, claimName } from "../carrier-names.ts";
import { keepWish } from "../opt-outs.ts";
import { type Account, isSurelyOver, newsUrl, pathOf, TWILIO } from "./account.ts";
import type { Fields, Json } from "./line.ts";
import { reasonOf, refusalOf } from "./refusals.ts";
import { type Sent, sentSince } from "./sent.ts";

export async function sendMessage(account: Account, text: Text): Promise<Accepted | Refused | Absent | Unknown> {
  const form = {
    ...senderOf(account, text),
    To: text.to,
    Body: text.text,
    StatusCallback: newsUrl(account, `status/${text.reference}`),
    // What is carried is what was paid for, letter by letter.
    SmartEncoded: "false",
  };
  const told = await account.line.act({ what: "send", path: pathOf(account, "/Messages.json"), form });
  if (told.kind === "answer" && told.status < 300) return carriedOf(account, text, told.json);
  const answer = refusalOf(told, "sender_refused");
  if (answer.kind === "refused" && answer.reason === "opted_out") await keepOptOut(account, text);
  return answer;
}

function senderOf({ env: { sender } }: Account, { line }: Text): Fields {
  if (line !== undefined) return { From: line };
  return "from" in sender ? { From: sender.from } : { MessagingServiceSid: sender.messagingServiceSid };
}

/** Next time it is refused before anything is paid. */
async function keepOptOut({ db, clock }: Account, { line, to }: Text): Promise<void> {
  const wish = { isOut: true, at: new Date(clock.nowMs()) };
  await db.transaction((client) => keepWish(client, { line, other: to }, wish));
}

/** A message that an alike text has claimed meanwhile is that one's: this one is to be looked for. */
async function carriedOf(account: Account, { reference }: Text, message: Json): Promise<Accepted | Refused | Unknown> {
  const isOurs = await claimName(account.db.pool, { carrier: TWILIO, carrierId: String(message.sid), reference });
  if (isOurs) return fateOf(message);
  const other = await carrierIdOf(account.db.pool, TWILIO, reference);
  return { kind: other === undefined ? "unknown" : "accepted" };
}

/** Twilio takes a text on, and may find only then that it can not be sent. */
function fateOf(message: Sent | Json): Accepted | Refused {
  if (message.status !== "failed" && message.status !== "canceled") return { kind: "accepted" };
  return { kind: "refused", reason: reasonOf(message.error_code) ?? "sender_refused" };
}

/**
 * Twilio keeps no reference of ours: a text is known by its sender, recipient and words, each message claimed for one
 * text only. Those that Twilio tells of go by the name that they are told under.
 */
export async function findMessage(
  account: Account,
  text: Text,
  triedAt: Date,
): Promise<Accepted | Refused | Absent | Unknown> {
  // Before the look: what is over then is in the list.
  const isFinal = isSurelyOver(account, triedAt);
  const { pool } = account.db;
  const known = await carrierIdOf(pool, TWILIO, text.reference);
  if (known !== undefined) return becameOf(account, known);
  const sent = await sentSince(account, text, triedAt);
  if (sent === undefined) return { kind: "unknown" };
  const claimed = await claimedNames(
    pool,
    TWILIO,
    sent.map(({ sid }) => sid),
  );
  for (const message of sent) {
    if (claimed.has(message.sid)) continue;
    const name = { carrier: TWILIO, carrierId: message.sid, reference: text.reference };
    if (await claimName(pool, name)) return fateOf(message);
  }
  return { kind: isFinal ? "absent" : "unknown" };
}

/** Its name may be all that was written down of it. */
async function becameOf(account: Account, sid: string): Promise<Accepted | Refused | Unknown> {
  const told = await account.line.ask({ what: "find text", path: pathOf(account, `/Messages/${sid}.json`) });
  if (told.kind !== "answer" || told.status >= 500) return { kind: "unknown" };
  return told.status === 200 ? fateOf(told.json) : { kind: "accepted" };
}
