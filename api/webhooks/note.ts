import type { Deps } from "../deps.ts";
import type { CallbackAnswer } from "../providers/callbacks.ts";
import type { Claimed } from "./claim.ts";
import { nextAttemptMs } from "./patience.ts";

export type NoteDeps = Pick<Deps, "db" | "clock">;

/** How an attempt ended, for metrics and the log. */
export type Outcome = "delivered" | "failed" | "dead" | "gone";

const GONE = 410;

/** Writes down what the target answered, or that it did not. */
export async function note(deps: NoteDeps, delivery: Claimed, answer: CallbackAnswer | undefined): Promise<Outcome> {
  const status = answer?.status;
  if (status !== undefined && status >= 200 && status < 300) return noteDelivered(deps, delivery, status);
  if (status === GONE && (await noteGone(deps, delivery))) return "gone";
  const nowMs = deps.clock.nowMs();
  const attempts = delivery.attempts + 1;
  const nextMs = nextAttemptMs({ type: delivery.type, attempts, retryAfter: answer?.retryAfter, nowMs });
  await deps.db.pool.query({
    name: "note-failed",
    text: FAILED,
    values: [
      ...[delivery.deliveryId, delivery.heldUntil, status ?? null, new Date(nowMs)],
      nextMs === undefined ? null : new Date(nextMs),
    ],
  });
  return nextMs === undefined ? "dead" : "failed";
}

/** Gives back what was not sent to an end, so that another process takes it at once. */
export async function giveBack({ db }: Pick<Deps, "db">, { deliveryId, heldUntil }: Claimed): Promise<void> {
  await db.pool.query("update app.webhook_delivery set held_until = null where delivery_id = $1 and held_until = $2", [
    deliveryId,
    heldUntil,
  ]);
}

/** Whoever holds it now, and whatever was thought of it meanwhile: it has arrived. */
const DELIVERED = `
  update app.webhook_delivery
  set state = 'delivered', attempts = attempts + 1, last_status = $2, ended_at = $3, held_until = null
  where delivery_id = $1 and state <> 'delivered'`;

/** Not over what somebody else found out who took it when our hold had ended. */
const FAILED = `
  update app.webhook_delivery
  set attempts = attempts + 1, last_status = $3, held_until = null, next_at = coalesce($5, next_at),
    state = case when $5::timestamptz is null then 'dead' else state end,
    ended_at = case when $5::timestamptz is null then $4::timestamptz end
  where delivery_id = $1 and held_until = $2 and state in ('waiting', 'paused')`;

async function noteDelivered({ db, clock }: NoteDeps, { deliveryId }: Claimed, status: number): Promise<Outcome> {
  const values = [deliveryId, status, new Date(clock.nowMs())];
  await db.pool.query({ name: "note-delivered", text: DELIVERED, values });
  return "delivered";
}

/** Switches the webhook off with all that waits for it; false, when its URL is another one by now. */
async function noteGone({ db, clock }: NoteDeps, { deliveryId, webhookId, url }: Claimed): Promise<boolean> {
  return db.transaction(async (client) => {
    const now = new Date(clock.nowMs());
    const { rowCount } = await client.query(
      "update app.webhook set state = 'gone', updated_at = $3 where webhook_id = $1 and url = $2",
      [webhookId, url, now],
    );
    if (rowCount === 0) return false;
    await client.query(
      `update app.webhook_delivery
       set state = 'dead', ended_at = $3, held_until = null,
         attempts = attempts + (delivery_id = $2)::int,
         last_status = case when delivery_id = $2 then ${GONE} else last_status end
       where webhook_id = $1 and state in ('waiting', 'paused')`,
      [webhookId, deliveryId, now],
    );
    return true;
  });
}
