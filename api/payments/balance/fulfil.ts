import type { Clock } from "../../clock.ts";
import { type Db, isOutage } from "../../db.ts";
import { ApiError } from "../../errors.ts";
import { capture, release } from "../../ledger.ts";
import { NotYet, type Sale } from "../../sale.ts";
import type { BalanceOrder } from "./order.ts";
import { endOrder, findOrder, type Outcome, postpone } from "./orders.ts";

export type FulfilDeps = {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: { error(fields: object, message: string): void };
};

/** How long the worker leaves an order alone after an outcome that is unknown, the longest for one that stays so. */
const BACKOFF_MS = { first: 1_000, longest: 60_000 };

/**
 * Has an order's effect and ends it. It may run anywhere and again, also twice at once: a sale has its effect once per
 * order, and one of them ends it.
 */
export async function fulfil(deps: FulfilDeps, sale: Sale, order: BalanceOrder): Promise<BalanceOrder> {
  const outcome = await outcomeOf(deps, sale, order);
  if (!("state" in outcome)) {
    await postpone(deps.db.pool, order.id, deps.clock.nowMs() + Math.max(outcome.leastMs, backoffMs(order)));
    return order;
  }
  return end(deps, order, outcome);
}

async function outcomeOf(deps: FulfilDeps, sale: Sale, order: BalanceOrder): Promise<Outcome | { leastMs: number }> {
  try {
    return { state: "fulfilled", answer: await sale.fulfil(order) };
  } catch (error) {
    // Our own database was away: what came of it is as unknown as if we had crashed.
    if (isOutage(error)) return { leastMs: 0 };
    const { id: orderId, saleId } = order;
    if (error instanceof NotYet) {
      if (error.cause !== undefined && !isOutage(error.cause))
        deps.log.error({ orderId, saleId, err: error.cause }, "a paid order is held up by a fault of ours");
      return { leastMs: error.retryAfterSec * 1000 };
    }
    deps.log.error({ orderId, saleId, err: error }, "a paid order could not be fulfilled");
    return { state: "released", reason: reasonOf(error) };
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof ApiError && typeof error.details?.reason === "string" ? error.details.reason : "provider_failed";

const backoffMs = ({ looks }: BalanceOrder): number =>
  Math.min(BACKOFF_MS.longest, BACKOFF_MS.first * 2 ** Math.min(looks, 10));

/** State and money change together, and once. */
async function end({ db, clock }: FulfilDeps, order: BalanceOrder, outcome: Outcome): Promise<BalanceOrder> {
  const ended = await db.transaction(async (client) => {
    const changed = await endOrder(client, order.id, outcome);
    if (!changed) return undefined;
    const { id, accountId, keyId, saleId, priceMicroUsd } = order;
    const movement = {
      cause: `end:${id}`,
      orderId: id,
      item: saleId,
      amountMicroUsd: priceMicroUsd,
      at: new Date(clock.nowMs()),
    };
    const posted =
      outcome.state === "fulfilled"
        ? await capture(client, movement)
        : await release(client, { ...movement, accountId, keyId });
    if (!posted) throw new Error(`order ${id} was held and its money had moved`);
    return changed;
  });
  return ended ?? (await findOrder(db.pool, order.id)) ?? order;
}
