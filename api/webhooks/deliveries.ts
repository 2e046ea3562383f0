import { randomUUID } from "node:crypto";
import type { Deps } from "../deps.ts";
import { ApiError } from "../errors.ts";
import { bodyOf, eventIdOf } from "../events.ts";
import type { Page } from "../identity/page.ts";
import { PING } from "./patience.ts";

/** What an owner reads of a delivery: of the target's answer only its status. */
export type Delivery = {
  delivery_id: string;
  /** The `webhook-id` that it bears. */
  event_id: string;
  type: string;
  state: "waiting" | "paused" | "delivered" | "dead";
  attempts: number;
  /** Null: none yet, or no answer the last time. */
  last_status: number | null;
  /** Null, when it has ended. */
  next_attempt_at: Date | null;
  created_at: Date;
  ended_at: Date | null;
};

const SHOWN = `delivery_id, event_id, type, state, attempts, last_status,
  case when state = 'waiting' then next_at end as next_attempt_at, created_at, ended_at`;

/** Newest first. */
export async function listDeliveries(
  { db }: Pick<Deps, "db">,
  webhookId: string,
  { limit, offset }: Page,
): Promise<Delivery[]> {
  const { rows } = await db.pool.query<Delivery>(
    `select ${SHOWN} from app.webhook_delivery where webhook_id = $1
     order by created_at desc, delivery_id limit $2 offset $3`,
    [webhookId, limit, offset],
  );
  return rows;
}

type Deliveries = Pick<Deps, "db" | "clock">;

/** Sends a `ping`, whatever types the webhook wants. @throws ApiError conflict when it is switched off */
export async function ping({ db, clock }: Deliveries, webhookId: string): Promise<Delivery> {
  const deliveryId = randomUUID();
  const at = new Date(clock.nowMs());
  const { rows } = await db.pool.query<Delivery>(
    `insert into app.webhook_delivery
       (delivery_id, webhook_id, event_id, type, body, target, state, attempts, next_at, created_at)
     select $2, webhook_id, $3, $4, $5, target, 'waiting', 0, $6, $6
     from app.webhook where webhook_id = $1 and state = 'active'
     for share returning ${SHOWN}`,
    [
      ...[webhookId, deliveryId, eventIdOf(deliveryId), PING],
      ...[bodyOf({ type: PING, data: { webhook_id: webhookId }, at }), at],
    ],
  );
  if (!rows[0]) throw switchedOff();
  return rows[0];
}

/**
 * Sends what has ended once more, with all its attempts and the same id; what waits is due now.
 *
 * @throws ApiError not_found, conflict when the webhook is switched off
 */
export async function replay({ db, clock }: Deliveries, webhookId: string, deliveryId: string): Promise<Delivery> {
  const { rows } = await db.pool.query<Delivery>(
    `with hook as (select state as hook_state from app.webhook where webhook_id = $1 for share)
     update app.webhook_delivery
     set state = 'waiting', next_at = $3, ended_at = null,
       attempts = case when state in ('delivered', 'dead') then 0 else attempts end
     from hook where webhook_id = $1 and delivery_id = $2 and hook_state = 'active'
     returning ${SHOWN}`,
    [webhookId, deliveryId, new Date(clock.nowMs())],
  );
  if (rows[0]) return rows[0];
  const known = await db.pool.query("select from app.webhook_delivery where webhook_id = $1 and delivery_id = $2", [
    webhookId,
    deliveryId,
  ]);
  if (known.rowCount === 0) throw new ApiError("not_found", { message: "There is no such delivery any more." });
  throw switchedOff();
}

const switchedOff = () =>
  new ApiError("conflict", { message: 'The webhook is switched off. PATCH it with {"paused": false} first.' });
