import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import type { Db } from "../../db.ts";
import { findStuck } from "./orders.ts";

export type AlarmDeps = {
  readonly db: Pick<Db, "pool">;
  readonly clock: Clock;
  readonly log: Pick<Logger, "error">;
};

const PATIENCE_MS = 3600 * 1000;

/** Tells the operator, once for each, of held prices that nobody here can end, or nobody has for an hour. */
export function createAlarm({ db, clock, log }: AlarmDeps, saleIds: readonly string[]): () => Promise<void> {
  let told = new Set<string>();
  return async () => {
    const stuck = await findStuck(db.pool, saleIds, clock.nowMs() - PATIENCE_MS);
    for (const { id, saleId } of stuck)
      if (!told.has(id)) log.error({ orderId: id, saleId }, "the price of an order stays held");
    told = new Set(stuck.map(({ id }) => id));
  };
}
