import type { Receipt } from "../../phone.ts";
import type { Inbox } from "../inbox.ts";
import { keepWish } from "../opt-outs.ts";
import type { Account } from "./account.ts";

/** What Twilio's statuses come to; of the others there is nothing to tell yet. */
const STATUSES: Readonly<Record<string, Receipt["status"]>> = {
  sent: "sent",
  delivered: "delivered",
  read: "delivered",
  undelivered: "undelivered",
  failed: "undelivered",
};

const OPTED_OUT = "21610";

/** A message, whether Twilio pushed it or lists it. */
export type Told = { sid: string; from: string; to: string; serviceSid: string | undefined; at: Date };

/** What became of a text that left. */
export async function takeStatus(
  account: Account,
  inbox: Inbox,
  { sid, from, to, serviceSid, at, status: told, errorCode }: Told & { status: string; errorCode: string | undefined },
): Promise<void> {
  const status = Object.hasOwn(STATUSES, told) ? STATUSES[told] : undefined;
  if (!status) return;
  const since = await inbox.keep({ newsId: `${sid} ${told}`, at, kind: "receipt", status, carrierId: sid });
  if (errorCode !== OPTED_OUT) return;
  const pair = { line: lineOf(account, from, serviceSid), other: to };
  // Its signature says not when: told once more, it must not undo what was wished since.
  await account.db.transaction((client) => keepWish(client, pair, { isOut: true, at: since }));
}

/** A text from outside. Twilio knows words for STOP of the operator's own, and in other languages. */
export async function takeText(
  account: Account,
  inbox: Inbox,
  { sid, from, to, serviceSid, at, text, wish }: Told & { text: string; wish: string | undefined },
): Promise<void> {
  const line = lineOf(account, to, serviceSid);
  const since = await inbox.keep({ newsId: sid, at, kind: "inbound", carrierId: sid, line, from, to, text });
  if (wish !== "STOP" && wish !== "START") return;
  const kept = { isOut: wish === "STOP", at: since };
  await account.db.transaction((client) => keepWish(client, { line, other: from }, kept));
}

/** The number of ours; undefined, when it is the pool's. */
function lineOf({ env: { sender } }: Account, number: string, serviceSid: string | undefined): string | undefined {
  if ("from" in sender) return number === sender.from ? undefined : number;
  return serviceSid === sender.messagingServiceSid ? undefined : number;
}
