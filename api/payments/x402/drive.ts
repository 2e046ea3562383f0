import type { OrderState, PaidOrder } from "./order.ts";
import type { Ports, Run, Step } from "./ports.ts";
import { refusedStep, revokedStep, settledStep, settlementStep, settlingStep } from "./steps.ts";

type TakeStep = (ports: Ports, order: PaidOrder, run: Run) => Promise<Step>;

const STEPS: Record<OrderState, TakeStep> = {
  settling: settlingStep,
  settled: settledStep,
  refused: refusedStep,
  // Its authorization is over; what arrived all the same is credited when somebody asks.
  expired: refusedStep,
  fulfilled: settlementStep,
  credited: settlementStep,
  revoked: revokedStep,
};

/**
 * Takes an order as far as it gets now. Whoever calls this holds the order's lock; should that be lost, changes are
 * compared and set, and a sale has its effect once per order.
 */
export async function drive(ports: Ports, order: PaidOrder, run: Run): Promise<PaidOrder> {
  let current = order;
  for (;;) {
    const { change, rests } = await STEPS[current.state](ports, current, run);
    const next = Object.keys(change).length === 0 ? current : await ports.orders.change(current, change);
    if (!next) return (await ports.orders.find(order.id)) ?? current;
    current = next;
    if (rests) return current;
  }
}
