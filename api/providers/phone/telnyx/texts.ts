import { z } from "zod";
import { CARRIER } from "../../../limits.ts";
import type { Absent, Accepted, Refused, Text, Unknown } from "../../phone.ts";
import { carrierIdOf, claimedNames, claimName } from "../carrier-names.ts";
import { segmentsOf } from "../segments.ts";
import { type Account, act, ask, TELNYX } from "./account.ts";
import { cost, costOf as microUsdOfCost } from "./money.ts";
import { listRecords, type MessageRecord } from "./records.ts";
import { isBusy, textRefusalOf } from "./refusals.ts";

/** After the last try: until whatever came of it was pushed to us, or is on record. */
const TEXT_SETTLES_SEC = 600;
/** Of 50 records each. Who gets more texts of ours in two days is not looked up to the end. */
const MOST_PAGES = 20;
const DAY_MS = 24 * 3600_000;

const message = z.object({ id: z.uuid(), webhook_url: z.string().nullish(), cost });
const messageShape = z.object({ data: message });

const STATUS_PATH = "/api/v1/carrier/telnyx/status/";

/** Telnyx tells what becomes of a text where the text says; our reference in it is what the text is known by. */
const statusUrlOf = ({ publicUrl }: Account, reference: string): string => publicUrl + STATUS_PATH + reference;

/** Our reference, if the URL is one that we gave: PUBLIC_URL may have been another one then. */
export function referenceIn(url: string): string | undefined {
  const reference = url.slice(url.lastIndexOf("/") + 1);
  const isReference = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(reference);
  return isReference && url.endsWith(STATUS_PATH + reference) ? reference : undefined;
}

export async function sendMessage(
  account: Account,
  { reference, line, to, text }: Text,
): Promise<Accepted | Refused | Absent | Unknown> {
  const body = {
    ...senderOf(account, line),
    to,
    text,
    type: "SMS",
    // What Telnyx would replace is somebody's word; and parts are counted as we count them.
    encoding: segmentsOf(text).encoding === "GSM-7" ? "gsm7" : "ucs2",
    webhook_url: statusUrlOf(account, reference),
    use_profile_webhooks: false,
  };
  const reply = await act(account, { what: "text", method: "POST", path: "/messages", body }, messageShape);
  if (reply.kind === "data") {
    const { id: carrierId, cost } = reply.data.data;
    await claimName(account.db.pool, { carrier: TELNYX, carrierId, reference });
    return { kind: "accepted", ...microUsdOfCost(cost) };
  }
  if (reply.kind === "none") return { kind: "unknown" };
  if (reply.kind === "unsent" || isBusy(reply.codes)) return { kind: "absent" };
  return textRefusalOf(reply.codes);
}

function senderOf({ env: { pool, profileId } }: Account, line: string | undefined): Record<string, string> {
  if (line !== undefined) return { from: line, messaging_profile_id: profileId };
  return "from" in pool ? { from: pool.from } : { messaging_profile_id: pool.profileId };
}

/**
 * Telnyx has a text on record for sure only when it knows what became of it, which may take a day: one that may have been
 * taken on and of which nothing was heard is never sent a second time, its payer is credited.
 */
export async function findMessage(
  account: Account,
  { reference, to }: Text,
  triedAt: Date,
): Promise<Accepted | Refused | Absent | Unknown> {
  const nowMs = account.clock.nowMs();
  if (await carrierIdOf(account.db.pool, TELNYX, reference)) return { kind: "accepted" };
  // Whoever says so was there: nothing is on its way.
  if (triedAt.getTime() === 0) return { kind: "absent" };
  const isSettled = triedAt.getTime() + TEXT_SETTLES_SEC * 1000 <= nowMs;
  const since = new Date(Math.max(triedAt.getTime(), nowMs - CARRIER.giveUpSec * 1000) - DAY_MS);
  for (let page = 1; page <= MOST_PAGES; page++) {
    const reply = await listRecords(account, { since, page, to, direction: "outbound" });
    if (reply.kind !== "data") return { kind: "unknown" };
    const found = await oursAmong(account, reference, reply.data.records);
    if (found) return found;
    if (reply.data.isLast) return isSettled ? { kind: "refused", reason: "no_answer" } : { kind: "unknown" };
  }
  return { kind: "unknown" };
}

/** Undefined: it is none of these, for sure. */
async function oursAmong(
  account: Account,
  reference: string,
  found: readonly MessageRecord[],
): Promise<Accepted | Unknown | undefined> {
  const ids = found.map(({ uuid }) => uuid);
  const claimed = await claimedNames(account.db.pool, TELNYX, ids);
  for (const { uuid: carrierId, delivery_status_webhook_url: recorded } of found) {
    if (claimed.has(carrierId)) continue;
    // Records need not tell where news goes; the message itself does.
    const url = recorded || (await webhookUrlOf(account, carrierId));
    if (url === "unknown") return { kind: "unknown" };
    if (referenceIn(url) !== reference) continue;
    await claimName(account.db.pool, { carrier: TELNYX, carrierId, reference });
    return { kind: "accepted" };
  }
  return undefined;
}

async function webhookUrlOf(account: Account, carrierId: string): Promise<string> {
  const reply = await ask(account, { what: "message", path: `/messages/${carrierId}` }, messageShape);
  return reply.kind === "data" ? (reply.data.data.webhook_url ?? "") : "unknown";
}

/** What a text cost, as far as Telnyx knows by now. */
export async function costOf(account: Account, reference: string): Promise<bigint | undefined> {
  const carrierId = await carrierIdOf(account.db.pool, TELNYX, reference);
  if (carrierId === undefined) return undefined;
  const reply = await ask(account, { what: "message", path: `/messages/${carrierId}` }, messageShape);
  return reply.kind === "data" ? microUsdOfCost(reply.data.data.cost).costMicroUsd : undefined;
}
