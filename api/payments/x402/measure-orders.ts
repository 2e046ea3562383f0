import { Gauge } from "prom-client";
import type { Clock } from "../../clock.ts";
import type { Metrics } from "../../metrics.ts";
import type { OrderState } from "./order.ts";
import { LANES, type OrderQueue } from "./order-queue.ts";

export type MeasureOrdersDeps = {
  readonly queue: Pick<OrderQueue, "tally">;
  readonly metrics: Pick<Metrics, "registry">;
  readonly clock: Clock;
};

const STATES: readonly OrderState[] = Object.values(LANES).flat();
/** A payer waits for these. */
const WAITED_FOR: readonly OrderState[] = ["settling", "settled"];

/**
 * How many orders are not over and how long payers wait, counted when somebody scrapes. All processes tell of the same
 * orders: the largest is to be taken, not the sum. Nothing is told while the database is away.
 */
export function measureOrders({ queue, metrics, clock }: MeasureOrdersDeps): void {
  const tally = () => queue.tally().catch(() => undefined);
  const gauge = (name: string, help: string, collect: (gauge: Gauge<"state">) => Promise<void>) =>
    new Gauge({
      name: `turnpike_x402_${name}`,
      help,
      labelNames: ["state"] as const,
      registers: [metrics.registry],
      collect() {
        this.reset();
        return collect(this);
      },
    });
  gauge("orders", "Paid orders that are not over, by state", async (orders) => {
    const known = await tally();
    if (known) for (const state of STATES) orders.set({ state }, known.get(state)?.count ?? 0);
  });
  const help = "Age of the oldest order that a payer waits for, by state; 0 when there is none";
  gauge("oldest_order_seconds", help, async (oldest) => {
    const known = await tally();
    const ageSec = (sinceMs = clock.nowMs()) => Math.max(0, (clock.nowMs() - sinceMs) / 1000);
    if (known) for (const state of WAITED_FOR) oldest.set({ state }, ageSec(known.get(state)?.oldestMs));
  });
}
