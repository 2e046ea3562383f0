import { COSTS } from "../../limits.ts";
import { keepCost } from "./costs.ts";
import type { OnceDeps } from "./once.ts";

/**
 * One round of the worker: asks what effects cost of which the carrier has not told yet, each twice as late as the time
 * before, and some day no more.
 */
export async function askCosts(deps: OnceDeps): Promise<void> {
  for (const due of await take(deps))
    await look(deps, due).catch((error: Error) =>
      deps.log.warn({ reference: due.reference, reason: error.message }, "the carrier does not tell what it took"),
    );
}

type Due = { reference: string; state: "open" | "done" | "refused"; begun_at: Date; is_known: boolean };

/** What one process takes is due for another only when it should have been asked long ago. */
async function take({ db, clock }: OnceDeps): Promise<Due[]> {
  const { firstAskSec, longestSec, atOnce } = COSTS;
  const { rows } = await db.pool.query<Due>(
    `update app.carrier_call call set cost_looks = cost_looks + 1,
       cost_due_at = $1::timestamptz + make_interval(secs => least($2, $3 * power(2, least(cost_looks, 20))))
     from (select reference from app.carrier_call where cost_due_at <= $1 order by cost_due_at limit $4
       for update skip locked) due
     where call.reference = due.reference
     returning call.reference, call.state, call.begun_at,
       exists (select from app.carrier_cost cost where cost.reference = call.reference) as is_known`,
    [new Date(clock.nowMs()), longestSec, 2 * firstAskSec, atOnce],
  );
  return rows;
}

async function look({ db, clock, phone }: OnceDeps, { reference, state, begun_at, is_known }: Due): Promise<void> {
  if (state === "open") return;
  const nowMs = clock.nowMs();
  const isOver = is_known || state === "refused" || begun_at.getTime() + COSTS.giveUpSec * 1000 <= nowMs;
  const costMicroUsd = isOver ? undefined : await phone.costOf?.(reference);
  if (costMicroUsd !== undefined)
    await keepCost(db.pool, { reference, carrier: phone.name, costMicroUsd, at: new Date(nowMs) });
  if (isOver || costMicroUsd !== undefined)
    await db.pool.query("update app.carrier_call set cost_due_at = null where reference = $1", [reference]);
}
