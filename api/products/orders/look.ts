import { CODE_ORDERS } from "../../limits.ts";
import { pollAgainSec } from "./answers.ts";
import { endByWish } from "./cancel.ts";
import { type EndDeps, endOrder, noteLost, receive } from "./end.ts";
import { type CodeOrder, isOpen } from "./order.ts";
import { findOrder, keepPaidUp, postpone } from "./orders.ts";
import { patiently } from "./patience.ts";

/** Does what is due for an order. It may run anywhere and again, also twice at once: one of them ends it. */
export async function look(deps: EndDeps, order: CodeOrder): Promise<void> {
  if (!isOpen(order)) return payUp(deps, order);
  if (order.state === "buying") return giveUp(deps, order);
  // Somebody died while cancelling.
  if (order.cancelAskedAtMs !== undefined) return void (await endByWish(deps, order, "cancelled"));
  if (deps.clock.nowMs() >= (order.expiresAtMs ?? 0)) return void (await endByWish(deps, order, "expired"));
  await poll(deps, order);
}

/** When an order is due again, should nothing come of this look: each look is also a lease. */
export function nextLookMs(order: CodeOrder, nowMs: number): number {
  const { leaseSec, owed } = CODE_ORDERS;
  if (!isOpen(order)) return nowMs + Math.min(owed.longestSec, owed.firstSec * 2 ** Math.min(order.looks, 10)) * 1000;
  const expiresAtMs = order.expiresAtMs ?? 0;
  const isEnding = order.state === "buying" || order.cancelAskedAtMs !== undefined || expiresAtMs <= nowMs;
  return isEnding ? nowMs + leaseSec * 1000 : Math.min(expiresAtMs, nowMs + pollAgainSec(order, nowMs) * 1000);
}

const UNKNOWN = { kind: "unknown" } as const;

async function poll(deps: EndDeps, order: CodeOrder): Promise<void> {
  const asking = deps.otp.status(order.activationId ?? "");
  const said = await patiently(deps.clock, { ms: CODE_ORDERS.askMs, otherwise: UNKNOWN }, asking);
  if (said.kind === "received") await receive(deps, order, said);
  if (said.kind === "cancelled") await takenBack(deps, order);
}

/** Perhaps because its buyer cancels at this moment. */
async function takenBack(deps: EndDeps, order: CodeOrder): Promise<void> {
  const current = await findOrder(deps.db.pool, order.id);
  if (current?.cancelAskedAtMs !== undefined) return void (await endOrder(deps, order, { state: "cancelled" }));
  deps.log.warn({ orderId: order.id }, "the supplier took back a number whose time was not over");
  await endOrder(deps, order, { state: "failed", reason: "taken_back" });
}

/** Its process ended between the hold and the number: whether there is one is not known. */
async function giveUp(deps: EndDeps, order: CodeOrder): Promise<void> {
  await endOrder(deps, order, { state: "failed", reason: "interrupted", isLost: true });
}

/** Tells the supplier what it is still to be told, until the number has long ended by itself. */
async function payUp(deps: EndDeps, order: CodeOrder): Promise<void> {
  const { db, clock, otp } = deps;
  const { id, activationId = "", owed } = order;
  const ms = CODE_ORDERS.askMs;
  if (owed === "finish") {
    // A courtesy: nothing hangs on it.
    await patiently(clock, { ms, otherwise: undefined }, otp.finish(activationId));
    return void (await keepPaidUp(db.pool, id));
  }
  const said = await patiently(clock, { ms, otherwise: UNKNOWN }, otp.cancel(activationId));
  if (said.kind === "cancelled") return void (await keepPaidUp(db.pool, id));
  if (said.kind === "received") return void (await receive(deps, order, said));
  if (clock.nowMs() - (order.endedAtMs ?? 0) >= CODE_ORDERS.owed.giveUpSec * 1000) {
    if (await keepPaidUp(db.pool, id, new Date(clock.nowMs()))) noteLost(deps, order);
  } else if (said.kind === "too_early") await postpone(db.pool, id, clock.nowMs() + said.retryAfterSec * 1000);
}
