import { DAY_MS } from "../../clock.ts";
import type { Deps } from "../../deps.ts";

const AT_ONCE = 1_000;

/**
 * One round of the worker: takes the words out of messages that are older than the operator keeps them, wherever they
 * stand. Numbers, times and one-time codes stay. Words of who waits for an answer yet are left to a later round.
 */
export async function forgetWords({ db, clock, rules }: Pick<Deps, "db" | "clock" | "rules">): Promise<void> {
  if (rules.keepMessagesDays === undefined) return;
  const before = new Date(clock.nowMs() - rules.keepMessagesDays * DAY_MS);
  for (const text of STATEMENTS) {
    let changed: number;
    do {
      const { rowCount } = await db.pool.query(text, [before, AT_ONCE]);
      changed = rowCount ?? 0;
    } while (changed === AT_ONCE);
  }
}

const blanked = (table: string, openStates: string): string =>
  `update ${table} set input = jsonb_set(input::jsonb, '{text}', '""')::json
   where id in (select id from ${table} where input->>'text' <> '' and created_at < $1 and state not in (${openStates})
     order by created_at limit $2)`;

const STATEMENTS = [
  `update app.message set body = ''
   where message_id in (select message_id from app.message where body <> '' and created_at < $1 and status <> 'queued'
     order by created_at limit $2)`,
  blanked("app.x402_order", "'settling', 'settled'"),
  blanked("app.balance_order", "'held'"),
  // The row stays: what the carrier tells again must be known.
  `update app.carrier_news set body = jsonb_set(body, '{text}', '""')
   where id in (select id from app.carrier_news where body->>'text' <> '' and acknowledged_at < $1
     order by acknowledged_at limit $2)`,
  `update app.code_order set sms_text = left(sms_text, 0), late_text = left(late_text, 0)
   where order_id in (select order_id from app.code_order where (sms_text <> '' or late_text <> '')
     and coalesce(late_at, ended_at) < $1 order by coalesce(late_at, ended_at) limit $2)`,
  // Untold ones, too: whoever pauses a webhook for good would keep them.
  `delete from app.webhook_delivery
   where delivery_id in (select delivery_id from app.webhook_delivery where created_at < $1
     and type in ('message.received', 'order.received') order by created_at limit $2)`,
];
