import type { Deps } from "../deps.ts";
import { WEBHOOKS } from "../limits.ts";

/** A delivery in our hands until `heldUntil`, with what its webhook says now. */
export type Claimed = {
  deliveryId: string;
  webhookId: string;
  eventId: string;
  type: string;
  body: string;
  /** Before this one. */
  attempts: number;
  target: string;
  url: string;
  /** Sealed; all of them sign. */
  secrets: Buffer[];
  heldUntil: Date;
};

/**
 * Takes what is due, the longest due first, as far as `running`, what this process has taken before, leaves room: in all,
 * for retries and for each target. What one process holds no other takes; what a process dies over is due again when its
 * hold ends.
 */
export async function claim(
  { db, clock }: Pick<Deps, "db" | "clock">,
  running: readonly Pick<Claimed, "target" | "attempts">[],
): Promise<Claimed[]> {
  const room = WEBHOOKS.atOnce - running.length;
  const retryRoom = WEBHOOKS.retriesAtOnce - running.filter(({ attempts }) => attempts > 0).length;
  if (room <= 0) return [];
  const now = clock.nowMs();
  const heldUntil = new Date(now + WEBHOOKS.leaseSec * 1000);
  const { rows } = await db.pool.query<Row>({
    name: "claim-deliveries",
    text: CLAIM,
    values: [new Date(now), heldUntil, WEBHOOKS.atOncePerTarget, byTarget(running), room, Math.max(0, retryRoom)],
  });
  return rows.map((row): Claimed => claimedOf(row, heldUntil));
}

/** From target to target along the index, however much waits for one of them. */
const CLAIM = `
  with recursive aim (target) as (
    (select target from app.webhook_delivery where state = 'waiting' order by target limit 1)
    union all
    select (select d.target from app.webhook_delivery d where d.state = 'waiting' and d.target > aim.target
            order by d.target limit 1)
    from aim where aim.target is not null
  ), ready as materialized (
    select d.delivery_id, d.next_at, d.attempts = 0 as is_first,
      row_number() over (partition by d.attempts = 0 order by d.next_at) as place
    from aim cross join lateral (
      select delivery_id, next_at, attempts from app.webhook_delivery
      where state = 'waiting' and target = aim.target and next_at <= $1 and (held_until is null or held_until <= $1)
      order by next_at limit greatest(0, $3 - coalesce(($4::jsonb ->> aim.target)::int, 0))
      for update skip locked
    ) d
  ), due as materialized (
    select delivery_id from ready where is_first or place <= $6 order by next_at limit $5
  )
  update app.webhook_delivery d set held_until = $2 from due, app.webhook w
  where d.delivery_id = due.delivery_id and w.webhook_id = d.webhook_id
  returning d.delivery_id, d.webhook_id, d.event_id, d.type, d.body, d.attempts, d.target, w.url,
    w.secret, case when w.old_secret_until > $1 then w.old_secret end as old_secret`;

function byTarget(running: readonly Pick<Claimed, "target">[]): string {
  const counts: Record<string, number> = {};
  for (const { target } of running) counts[target] = (counts[target] ?? 0) + 1;
  return JSON.stringify(counts);
}

type Row = {
  delivery_id: string;
  webhook_id: string;
  event_id: string;
  type: string;
  body: string;
  attempts: number;
  target: string;
  url: string;
  secret: Buffer;
  old_secret: Buffer | null;
};

const claimedOf = (row: Row, heldUntil: Date): Claimed => ({
  deliveryId: row.delivery_id,
  webhookId: row.webhook_id,
  eventId: row.event_id,
  type: row.type,
  body: row.body,
  attempts: row.attempts,
  target: row.target,
  url: row.url,
  secrets: row.old_secret ? [row.secret, row.old_secret] : [row.secret],
  heldUntil,
});
