import type { Logger } from "pino";
import type { Clock } from "../../../clock.ts";
import type { Db } from "../../../db.ts";
import { CARRIER } from "../../../limits.ts";
import type { CarrierEvent } from "../../phone.ts";
import { claimName } from "../carrier-names.ts";
import type { Inbox, News } from "../inbox.ts";
import { plain } from "./addresses.ts";
import { keepDelivered, tidyInbound, type Way } from "./inbound.ts";
import { keepStatus } from "./parts.ts";
import { deliverAnswerBody, type Pdu, readDeliver } from "./pdu.ts";
import { type ReceiptIds, readReceipt } from "./receipt.ts";
import { STATUS } from "./status.ts";

export type NewsDeps = {
  db: Db;
  clock: Clock;
  log: Logger;
  inbox: Inbox;
  pool: string;
  receiptIds: ReceiptIds;
  /** After so long no answer comes any more. */
  answersWithinSec: number;
};

/** Takes what the SMSC delivers: it is told that we have it once that is on record. */
export async function takeDelivered(deps: NewsDeps, pdu: Pdu, cameBy: Way): Promise<{ status: number; body: Buffer }> {
  const body = deliverAnswerBody();
  try {
    await keepNews(deps, pdu, cameBy);
    return { status: STATUS.ok, body };
  } catch (error) {
    const isGarbage = error instanceof RangeError;
    deps.log.warn({ reason: (error as Error).message, isGarbage }, "what the SMPP carrier delivered was not kept");
    return { status: isGarbage ? STATUS.permanentError : STATUS.temporaryError, body };
  }
}

async function keepNews(deps: NewsDeps, pdu: Pdu, cameBy: Way): Promise<void> {
  const deliver = readDeliver(pdu.body);
  const receipt = readReceipt(deliver, deps.receiptIds);
  if (!receipt) return keepDelivered(deps, deliver, cameBy);
  const { carrierId, status } = receipt;
  if (status === undefined) return deps.log.warn({ carrierId }, "a receipt says nothing");
  const news: News & Ends = {
    newsId: `receipt:${carrierId}:${status}`,
    at: new Date(deps.clock.nowMs()),
    kind: "receipt",
    status,
    carrierId,
    // A receipt goes the text's way back.
    sender: plain(deliver.to.address),
    recipient: plain(deliver.from.address),
  };
  await deps.inbox.keep(news);
}

/** Kept with the receipt: by these a text is found whose answer, and with it the carrier's id, was missed. */
type Ends = { sender: string; recipient: string };

/** News of texts, whose parts' receipts come one by one. */
export async function newsOf(deps: NewsDeps): Promise<CarrierEvent[]> {
  await adoptReceipts(deps);
  await tidyInbound(deps);
  const events: CarrierEvent[] = [];
  for (const event of await deps.inbox.events()) {
    if (event.kind === "inbound") events.push(event);
    else events.push({ ...event, ...(await keepStatus(deps.db.pool, event.reference, event.status)) });
  }
  return events;
}

type Adoption = { part_reference: string; carrier_id: string };

/**
 * A receipt under an id that no answer gave is of a text whose answer was missed, if one between the same two left before:
 * every other text's id is known by now. Of several alike each gets one, and those first that somebody waits for.
 */
async function adoptReceipts({ db, clock, answersWithinSec }: NewsDeps): Promise<void> {
  const { rows } = await db.pool.query<Adoption>(
    `select part_reference, body->>'carrierId' as carrier_id
     from app.smpp_part part join app.carrier_news news
       on carrier = 'smpp' and acknowledged_at is null and body->>'kind' = 'receipt'
       and body->>'sender' = part.sender and body->>'recipient' = part.recipient and kept_at >= begun_at
     where state = 'begun' and kept_at < $1
       and not exists (select from app.carrier_name name
         where name.carrier = news.carrier and name.carrier_id = body->>'carrierId')
     order by news.id, begun_at < kept_at - make_interval(secs => $2), begun_at, part limit 100`,
    [new Date(clock.nowMs() - answersWithinSec * 1000), CARRIER.giveUpSec],
  );
  for (const { part_reference: reference, carrier_id: carrierId } of rows)
    if (await claimName(db.pool, { carrier: "smpp", carrierId, reference }))
      await db.pool.query("update app.smpp_part set state = 'taken' where part_reference = $1", [reference]);
}
