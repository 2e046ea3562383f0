import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import type { OrderQueue } from "./order-queue.ts";

export type AlarmDeps = {
  readonly queue: Pick<OrderQueue, "stuck">;
  readonly clock: Clock;
  readonly log: Pick<Logger, "error">;
};

const PATIENCE_MS = 3600 * 1000;

/** Tells the operator, once for each, of orders that somebody has paid or may have, and that get nowhere. */
export function createAlarm({ queue, clock, log }: AlarmDeps): () => Promise<void> {
  let told = new Set<string>();
  return async () => {
    const stuck = await queue.stuck(clock.nowMs() - PATIENCE_MS);
    for (const { id, saleId, state } of stuck)
      if (!told.has(id))
        log.error({ orderId: id, saleId, state }, "an order is stuck, or not for this process to finish");
    told = new Set(stuck.map(({ id }) => id));
  };
}
