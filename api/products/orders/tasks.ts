import { CODE_ORDERS } from "../../limits.ts";
import type { EndDeps } from "./end.ts";
import { look, nextLookMs } from "./look.ts";
import type { CodeOrder } from "./order.ts";
import { lockDue, reschedule } from "./orders.ts";

/** One round of the worker: everything that is due now, shared with whatever other processes do the same. */
export async function lookAtDueOrders(deps: EndDeps): Promise<void> {
  for (;;) {
    const due = await take(deps);
    await Promise.all(due.map((order) => attempt(deps, order)));
    if (due.length < CODE_ORDERS.roundOrders) return;
  }
}

/** What one process takes is due for another only when it should have been done long ago. */
function take({ db, clock }: EndDeps): Promise<CodeOrder[]> {
  const nowMs = clock.nowMs();
  return db.transaction(async (client) => {
    const due = await lockDue(client, nowMs, CODE_ORDERS.roundOrders);
    const next = due.map((order) => ({ id: order.id, dueAtMs: nextLookMs(order, nowMs) }));
    if (next.length > 0) await reschedule(client, next);
    return due;
  });
}

/** One that fails must not keep the others. */
const attempt = (deps: EndDeps, order: CodeOrder): Promise<void> =>
  look(deps, order).catch((error: Error) =>
    deps.log.warn({ orderId: order.id, reason: error.message }, "an order of a code is left to a later round"),
  );
