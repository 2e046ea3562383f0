import type { Logger } from "pino";
import { drive } from "./drive.ts";
import { isOpen, type PaidOrder } from "./order.ts";
import type { OrderLocks } from "./order-locks.ts";
import type { Orders } from "./orders.ts";
import type { Ports, Run } from "./ports.ts";

/** Works on orders, each at one place at a time, and lets others wait for what comes of it. */
export type OrderDesk = {
  /** Drives an order that was just added. The work goes on when nobody waits any more. */
  begin(order: PaidOrder, isFresh: boolean): Promise<PaidOrder>;
  /** An order as it is, after somebody has looked at it again. */
  look(order: PaidOrder): Promise<PaidOrder>;
  /** Resolves when an order that somebody works on has come to rest, or the patience of `until` ends. */
  rested(order: PaidOrder, until: AbortSignal): Promise<PaidOrder>;
  /** One round over what is due; the first round takes whatever is unfinished. */
  reconcile(): Promise<void>;
  close(): Promise<void>;
};

export type DeskDeps = {
  readonly ports: Ports;
  readonly orders: Orders;
  readonly locks: OrderLocks;
  readonly log: Pick<Logger, "warn">;
};

const ROUND = { orders: 200, atOnce: 8 } as const;
/** How long a request waits for the index. */
const PATIENCE_MS = 3_000;
/** How often an order is looked at that another process works on. */
const POLL_MS = 100;

export function createOrderDesk(deps: DeskDeps): OrderDesk {
  const { ports, orders, locks, log } = deps;
  const running = new Map<string, Promise<PaidOrder>>();
  let isFirstRound = true;
  const work = (order: PaidOrder, run: Run): Promise<PaidOrder> => {
    const known = running.get(order.id);
    if (known) return known;
    const begun = alone(deps, order, run).finally(() => running.delete(order.id));
    running.set(order.id, begun);
    return begun;
  };
  const attend = async (id: string): Promise<void> => {
    const order = await orders.find(id);
    if (order) await work(order, LATER);
  };
  return {
    begin: (order, isFresh) => work(order, { isFresh, patienceMs: PATIENCE_MS }),
    look: (order) => work(order, LATER),
    rested: (order, until) => rested(deps, order, { until, workOn: (id) => running.get(id) }),
    reconcile: async () => {
      const ids = isFirstRound ? await orders.unfinished() : await orders.due(ports.clock.nowMs(), ROUND.orders);
      isFirstRound = false;
      const queue = ids.values();
      const hand = async () => {
        for (const id of queue)
          await attend(id).catch((error: Error) => log.warn({ orderId: id, reason: error.message }, "an order rests"));
      };
      await Promise.all(Array.from({ length: ROUND.atOnce }, hand));
    },
    close: async () => {
      await Promise.allSettled(running.values());
      await locks.close();
    },
  };
}

const LATER: Run = { isFresh: false, patienceMs: 0 };

/** Under the order's lock; without it, the order as it is. */
async function alone({ ports, orders, locks }: DeskDeps, order: PaidOrder, run: Run): Promise<PaidOrder> {
  const release = await locks.take(order.id);
  if (!release) return (await orders.find(order.id)) ?? order;
  try {
    // Whoever held the lock before may have moved it.
    const current = run.isFresh ? order : ((await orders.find(order.id)) ?? order);
    return await drive(ports, current, run);
  } finally {
    await release();
  }
}

type Rest = { until: AbortSignal; workOn(id: string): Promise<PaidOrder> | undefined };

async function rested({ ports, orders }: DeskDeps, order: PaidOrder, { until, workOn }: Rest): Promise<PaidOrder> {
  const over = new Promise<undefined>((resolve) => until.addEventListener("abort", () => resolve(undefined)));
  let current = order;
  while (isOpen(current) && !until.aborted) {
    const begun = workOn(order.id);
    if (begun) return (await Promise.race([begun, over])) ?? current;
    // Another process works on it, or nobody just now.
    await ports.clock.sleep(POLL_MS, until);
    current = (await orders.find(order.id)) ?? current;
  }
  return current;
}
