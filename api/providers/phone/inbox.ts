import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import type { Db } from "../../db.ts";
import type { CarrierEvent, Receipt } from "../phone.ts";

/** What a carrier pushed to us, as it is kept until it is taken in. */
export type News = {
  /** The carrier's, the same however often it is told; of a receipt with its status in it. */
  newsId: string;
  at: Date;
} & (ReceiptNews | InboundNews);

/** Either our reference is known, or the carrier's id is, under which it was claimed or will be. */
export type ReceiptNews = {
  kind: "receipt";
  status: Receipt["status"];
  reference?: string;
  carrierId?: string;
  /** 1e-6 USD. */
  costMicroUsd?: bigint;
};

/** `line` is undefined where it came to the pool. */
export type InboundNews = {
  kind: "inbound";
  carrierId: string;
  line: string | undefined;
  from: string;
  to: string;
  text: string;
};

/** News outlives the process that got it: a carrier that was answered need not tell it again. */
export type Inbox = {
  /** Since when it is known: again is no error, and changes nothing. Rejects when it is not on record. */
  keep(news: News): Promise<Date>;
  events(): Promise<CarrierEvent[]>;
  acknowledge(eventIds: readonly string[]): Promise<void>;
};

export type InboxDeps = { db: Db; clock: Clock; log: Logger };

/** How long a receipt waits for the answer to the call that it is about. */
const NAMELESS_SEC = 24 * 3600;
const AT_ONCE = 100;

export function openInbox(deps: InboxDeps, carrier: string): Inbox {
  const { db, clock } = deps;
  return {
    keep: async (news) => {
      const { newsId, at, ...body } = news;
      const { rows } = await db.pool.query<{ happened_at: Date }>(
        `with fresh as (
           insert into app.carrier_news (carrier, news_id, happened_at, body, kept_at) values ($1, $2, $3, $4, $5)
           on conflict (carrier, news_id) do nothing returning happened_at)
         select happened_at from fresh
         union all select happened_at from app.carrier_news where carrier = $1 and news_id = $2`,
        [carrier, writable("", newsId), at, JSON.stringify(body, writable), new Date(clock.nowMs())],
      );
      return rows[0]?.happened_at ?? at;
    },
    events: () => waiting(deps, carrier),
    acknowledge: async (eventIds) => {
      const text = "update app.carrier_news set acknowledged_at = $2 where id = any($1::bigint[])";
      await db.pool.query(text, [eventIds, new Date(clock.nowMs())]);
    },
  };
}

/** Postgres takes neither NUL nor half a character, and what somebody outside wrote may hold both. */
const writable = (_name: string, value: unknown): unknown => {
  if (typeof value === "bigint") return value.toString();
  return typeof value === "string" ? value.replaceAll("\0", "").toWellFormed() : value;
};

type Row = { id: string; happened_at: Date; body: Stored; reference: string | null };
type Stored = (Omit<ReceiptNews, "costMicroUsd"> & { costMicroUsd?: string }) | InboundNews;

/** Receipts under a name that nobody has claimed yet stay for later: the answer to their call may be under way. */
async function waiting(deps: InboxDeps, carrier: string): Promise<CarrierEvent[]> {
  await dropNameless(deps, carrier);
  const { rows } = await deps.db.pool.query<Row>(
    `select news.id, happened_at, body, coalesce(body->>'reference', name.reference::text) as reference
     from app.carrier_news news
     left join app.carrier_name name on name.carrier = news.carrier and name.carrier_id = body->>'carrierId'
     where news.carrier = $1 and acknowledged_at is null
       and (body->>'kind' = 'inbound' or body ? 'reference' or name.reference is not null)
     order by news.id limit $2`,
    [carrier, AT_ONCE],
  );
  return rows.map(eventOf);
}

function eventOf({ id, happened_at: at, body, reference }: Row): CarrierEvent {
  if (body.kind === "inbound") {
    const { line, from, to, text, carrierId } = body;
    return { id, at, kind: "inbound", reference: carrierId, line, from, to, text };
  }
  const { status, costMicroUsd } = body;
  const cost = costMicroUsd === undefined ? {} : { costMicroUsd: BigInt(costMicroUsd) };
  return { id, at, kind: "receipt", reference: reference as string, status, ...cost };
}

/** A carrier's account may be used by others, too: what it tells of theirs is none of ours. */
async function dropNameless({ db, clock, log }: InboxDeps, carrier: string): Promise<void> {
  const { rows } = await db.pool.query<{ news_id: string }>(
    `update app.carrier_news news set acknowledged_at = $2
     where carrier = $1 and acknowledged_at is null and kept_at < $3 and body->>'kind' = 'receipt'
       and not body ? 'reference'
       and not exists (select from app.carrier_name name
         where name.carrier = news.carrier and name.carrier_id = body->>'carrierId')
     returning news_id`,
    [carrier, new Date(clock.nowMs()), new Date(clock.nowMs() - NAMELESS_SEC * 1000)],
  );
  for (const { news_id: newsId } of rows) log.warn({ carrier, newsId }, "a receipt is of no text of ours");
}
