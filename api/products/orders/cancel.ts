import { ApiError } from "../../errors.ts";
import { inFlight } from "../../identity/idempotency-key.ts";
import { CODE_ORDERS } from "../../limits.ts";
import type { OtpCancelled } from "../../providers/otp.ts";
import { orderFields } from "./answers.ts";
import { type EndDeps, endOrder, noteLate, receive } from "./end.ts";
import type { CodeOrder } from "./order.ts";
import { findOrder, noteCancel } from "./orders.ts";
import { patiently } from "./patience.ts";

/**
 * Cancels an order that waits for its code, and gives its price back at once, whatever the supplier thinks of it: only a
 * code that is there already is stronger. An order that was cancelled before is told as it is.
 *
 * @throws ApiError already_received, order_closed, request_in_flight while there is no number yet
 */
export async function cancel(deps: EndDeps, order: CodeOrder): Promise<CodeOrder> {
  const now = new Date(deps.clock.nowMs());
  // On record first: who dies between the supplier's word and ours leaves the rest to the worker.
  const dueAt = new Date(now.getTime() + CODE_ORDERS.leaseSec * 1000);
  const noted = order.state === "waiting" ? await noteCancel(deps.db.pool, order.id, { now, dueAt }) : undefined;
  const ended = noted && (await endByWish(deps, noted, "cancelled"));
  return cancelled(ended ?? ((await findOrder(deps.db.pool, order.id)) as CodeOrder));
}

function cancelled(order: CodeOrder): CodeOrder {
  switch (order.state) {
    case "cancelled":
      return order;
    case "received":
      throw new ApiError("already_received", { details: orderFields(order) });
    case "buying":
    case "waiting":
      throw inFlight();
    default:
      throw new ApiError("order_closed", { details: orderFields(order) });
  }
}

/**
 * Ends an order that nobody waits for any more, by its buyer's wish or its time, after a last look: received, if the
 * supplier has the code, and else refunded. Undefined when it had ended before.
 */
export async function endByWish(
  deps: EndDeps,
  order: CodeOrder,
  state: "cancelled" | "expired",
): Promise<CodeOrder | undefined> {
  const said = await lastLook(deps, order);
  if (said.kind !== "received") return endOrder(deps, order, { state, ...owed(said) });
  if (state === "cancelled" || !isOverdue(deps, order)) return receive(deps, order, said);
  // We were away when it could have been read: nobody pays for that.
  const ended = await endOrder(deps, order, { state });
  await noteLate(deps, order, said);
  return ended;
}

const isOverdue = ({ clock }: EndDeps, { expiresAtMs = 0 }: CodeOrder): boolean =>
  clock.nowMs() > expiresAtMs + CODE_ORDERS.graceSec * 1000;

const UNKNOWN = { kind: "unknown" } as const;

type Said = OtpCancelled | { kind: "waiting" };

/** Taking the number back is the safest way to ask: after it no code comes. A supplier that refuses is asked once more. */
function lastLook({ otp, clock }: EndDeps, { activationId = "" }: CodeOrder): Promise<Said> {
  const asking = async (): Promise<Said> => {
    const said = await otp.cancel(activationId);
    if (said.kind !== "too_early") return said;
    const seen = await otp.status(activationId);
    return seen.kind === "received" || seen.kind === "cancelled" ? seen : said;
  };
  return patiently(clock, { ms: CODE_ORDERS.askMs, otherwise: UNKNOWN }, asking());
}

function owed(said: Said): { owedInSec?: number } {
  if (said.kind === "cancelled") return {};
  return { owedInSec: said.kind === "too_early" ? said.retryAfterSec : CODE_ORDERS.owed.firstSec };
}
