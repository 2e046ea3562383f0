import type { Deps } from "../../deps.ts";
import { emit } from "../../events.ts";
import { capture, type Queryable, release } from "../../ledger.ts";
import { dollarsOf } from "../../prices.ts";
import { type CodeOrder, type FailReason, isOpen } from "./order.ts";
import { keepEnd, keepLate } from "./orders.ts";
import type { Supplier } from "./supplier.ts";

export type EndDeps = Pick<Deps, "db" | "clock" | "log" | "metrics"> & { readonly otp: Supplier };

export type Received = { readonly code: string; readonly text: string };

/** How an order ends. `owedInSec`: the supplier is to be told to cancel, so much later. */
export type Ending =
  | ({ state: "received" } & Received)
  | { state: "cancelled" | "expired"; owedInSec?: number | undefined }
  /** `isLost`: the supplier may have sold a number all the same. */
  | { state: "failed"; reason: FailReason; isLost?: boolean };

/**
 * Ends an order once, whatever races: its row, the one posting and the news of it stand together or not at all.
 * Undefined when it had ended before.
 */
export async function endOrder(deps: EndDeps, order: CodeOrder, ending: Ending): Promise<CodeOrder | undefined> {
  const at = new Date(deps.clock.nowMs());
  const ended = await deps.db.transaction(async (client) => {
    const kept = await keepEnd(client, order.id, { from: order.state, at, ...ending, ...owedBy(ending, at) });
    if (!kept) return undefined;
    await post(client, kept, at);
    await tell(client, kept, at);
    await deps.db.announce(client, newsOf(order.id));
    return kept;
  });
  if (!ended) return undefined;
  deps.metrics.codeOrders.add(ended.state);
  if (ending.state === "failed" && ending.isLost) noteLost(deps, ended);
  return ended;
}

/** What a process that waits for the end of an order listens for. */
export const newsOf = (orderId: string): string => `code-order:${orderId}`;

/** As the ledger names what was bought. */
export const itemOf = ({ service, country }: Pick<CodeOrder, "service" | "country">): string =>
  `codes.${service}.${country}`;

/** A courtesy to the supplier after a code, and the number back where none is wanted any more. */
function owedBy(ending: Ending, at: Date) {
  if (ending.state === "received") return { owed: "finish", dueAtMs: at.getTime() } as const;
  if (ending.state === "failed" || ending.owedInSec === undefined) return {};
  return { owed: "cancel", dueAtMs: at.getTime() + ending.owedInSec * 1000 } as const;
}

async function post(on: Queryable, order: CodeOrder, at: Date): Promise<void> {
  const { id: orderId, accountId, keyId, priceMicroUsd: amountMicroUsd } = order;
  const posting = { cause: `end:${orderId}`, orderId, item: itemOf(order), amountMicroUsd, at };
  const isPosted =
    order.state === "received" ? await capture(on, posting) : await release(on, { ...posting, accountId, keyId });
  // Rolls back: an order that is open has no end in the ledger.
  if (!isPosted) throw new Error(`order ${orderId} ended in the ledger before`);
}

async function tell(on: Queryable, order: CodeOrder, at: Date): Promise<void> {
  const isReceived = order.state === "received";
  const type = isReceived ? "order.received" : "order.refunded";
  const data = {
    order_id: order.id,
    status: order.state,
    service: order.service,
    country: order.country,
    phone_number: order.phoneNumber ?? null,
    ...(isReceived && { code: order.code ?? null, sms_text: order.text ?? null }),
    ...(order.reason && { reason: order.reason }),
    price_usd: dollarsOf(order.priceMicroUsd),
    price_micro_usd: order.priceMicroUsd.toString(),
  };
  await emit(on, { type, owner: order.holder, data, at, id: `${type}:${order.id}` });
}

/** The supplier has a code: the order is received, or the code came too late. */
export async function receive(deps: EndDeps, order: CodeOrder, received: Received): Promise<CodeOrder | undefined> {
  const ended = isOpen(order) ? await endOrder(deps, order, { state: "received", ...received }) : undefined;
  if (!ended) await noteLate(deps, order, received);
  return ended;
}

/** Recorded, never billed, and told to the operator only. Of an order that was received nothing is late. */
export async function noteLate(deps: EndDeps, { id }: CodeOrder, { code, text }: Received): Promise<void> {
  if (!(await keepLate(deps.db.pool, id, { code, text, at: new Date(deps.clock.nowMs()) }))) return;
  deps.metrics.codeOrders.add("late");
  deps.log.warn({ orderId: id }, "a code came when its price had gone back: the supplier is paid, we are not");
}

/** The operator pays for a number that nobody has. */
export function noteLost(deps: Pick<EndDeps, "metrics" | "log">, { id, service, country }: CodeOrder): void {
  deps.metrics.codeOrders.add("lost");
  deps.log.error({ orderId: id, service, country }, "a number may be lost at the supplier: look there what was sold");
}
