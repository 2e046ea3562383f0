import { claimedNames } from "../carrier-names.ts";
import type { Inbox } from "../inbox.ts";
import { type Account, pathOf, TWILIO } from "./account.ts";
import type { Fields, Json } from "./line.ts";
import { type Told, takeStatus, takeText } from "./take.ts";

const PAGES = { size: "1000", most: 10 } as const;

/** What was told since then. False: it could not be read to its end. */
export async function readSince(account: Account, inbox: Inbox, since: Date): Promise<boolean> {
  const first = pathOf(account, "/Messages.json");
  let path = first;
  let query: Fields = { "DateSent>": since.toISOString(), PageSize: PAGES.size };
  for (let page = 0; page < PAGES.most; page++) {
    const told = await account.line.ask({ what: "catch up", path, query });
    if (told.kind !== "answer" || told.status !== 200 || !Array.isArray(told.json.messages)) return false;
    for (const message of await oursOf(account, told.json.messages)) await take(account, inbox, message);
    const next = String(told.json.next_page_uri ?? "");
    if (!next.startsWith(`${first}?`)) return next === "";
    [path, query] = [next, {}];
  }
  return true;
}

/** Others may use the account, too: what is not of a text or a line of ours is none of our business. */
async function oursOf({ db, env: { sender } }: Account, messages: readonly Json[]): Promise<Json[]> {
  const sids = messages.map(({ sid }) => String(sid));
  const claimed = await claimedNames(db.pool, TWILIO, sids);
  const { rows } = await db.pool.query<{ phone_number: string }>(
    "select phone_number from app.lease where phone_number = any($1)",
    [messages.map(({ to }) => String(to))],
  );
  const lines = new Set(rows.map((row) => row.phone_number));
  const isPools = ({ to, messaging_service_sid: service }: Json) =>
    "from" in sender ? to === sender.from : service === sender.messagingServiceSid;
  return messages.filter((message) =>
    message.direction === "inbound" ? lines.has(message.to) || isPools(message) : claimed.has(message.sid),
  );
}

async function take(account: Account, inbox: Inbox, message: Json): Promise<void> {
  const told: Told = {
    sid: String(message.sid),
    from: String(message.from ?? ""),
    to: String(message.to ?? ""),
    serviceSid: message.messaging_service_sid ?? undefined,
    at: new Date(Date.parse(message.date_sent) || account.clock.nowMs()),
  };
  const errorCode = message.error_code ? String(message.error_code) : undefined;
  if (message.direction === "inbound")
    await takeText(account, inbox, { ...told, text: String(message.body ?? ""), wish: undefined });
  else await takeStatus(account, inbox, { ...told, status: String(message.status), errorCode });
}
