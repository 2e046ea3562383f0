import { z } from "zod";
import { claimedNames } from "../carrier-names.ts";
import type { Inbox } from "../inbox.ts";
import { type Account, ask, TELNYX } from "./account.ts";
import { costOf } from "./money.ts";
import { listRecords, type MessageRecord } from "./records.ts";
import { keepStatus, message, takeText } from "./take.ts";

const MOST_PAGES = 40;
/** After so many Telnyx is taken to be away. */
const MOST_MISSES = 3;

/** What was told since then. False: it could not be read to its end. */
export async function readSince(account: Account, inbox: Inbox, since: Date): Promise<boolean> {
  for (let page = 1; page <= MOST_PAGES; page++) {
    const reply = await listRecords(account, { since, page });
    if (reply.kind !== "data") return false;
    const fresh = reply.data.records.filter(({ created_at }) => created_at >= since);
    await takeSent(account, inbox, fresh);
    if (!(await takeReceived(account, inbox, fresh))) return false;
    if (reply.data.isLast || fresh.length < reply.data.records.length) return true;
  }
  return false;
}

const STATUSES: Readonly<Record<string, string>> = { delivered: "delivered", failed: "delivery_failed" };

async function takeSent(account: Account, inbox: Inbox, records: readonly MessageRecord[]): Promise<void> {
  const claimed = await claimedNames(
    account.db.pool,
    TELNYX,
    records.map(({ uuid }) => uuid),
  );
  for (const { uuid: carrierId, status, created_at: at, cost: amount, currency } of records) {
    const became = STATUSES[status ?? ""];
    if (!became || !claimed.has(carrierId)) continue;
    await keepStatus(inbox, { carrierId, status: became, at, ...costOf({ amount, currency }) });
  }
}

/** Their words stand in the messages themselves. One that cannot be had does not hold up the others. */
async function takeReceived(account: Account, inbox: Inbox, records: readonly MessageRecord[]): Promise<boolean> {
  const missed = await missedAmong(
    account,
    records.filter(({ direction }) => direction === "inbound"),
  );
  let misses = 0;
  for (const { uuid, created_at: at } of missed) {
    if (misses === MOST_MISSES) break;
    const path = `/messages/${uuid}`;
    const reply = await ask(account, { what: "message", path }, z.object({ data: message }));
    if (reply.kind === "data") {
      const { data: told } = reply.data;
      await takeText(account, inbox, { ...told, at: told.received_at ?? at });
    }
    // Telnyx keeps texts for ten days.
    else if (reply.kind !== "refused") misses++;
  }
  return misses === 0;
}

/** Others may use the account, too: what is to no line of ours, and not to the pool, is none of our business. */
async function missedAmong(
  { db, env: { pool } }: Account,
  records: readonly MessageRecord[],
): Promise<MessageRecord[]> {
  if (records.length === 0) return [];
  const { rows } = await db.pool.query<{ name: string }>(
    `select phone_number as name from app.lease where phone_number = any($1)
     union all select news_id from app.carrier_news where carrier = $2 and news_id = any($3)`,
    [records.map(({ cld }) => cld ?? ""), TELNYX, records.map(({ uuid }) => uuid)],
  );
  const names = new Set(rows.map(({ name }) => name));
  const isPools = ({ cld, profile_id: profileId }: MessageRecord) =>
    "from" in pool ? cld === pool.from : profileId === pool.profileId;
  return records.filter((one) => !names.has(one.uuid) && (names.has(one.cld ?? "") || isPools(one)));
}
