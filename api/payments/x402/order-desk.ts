import type { Logger } from "pino";
import { isOutage } from "../../db.ts";
import { ApiError } from "../../errors.ts";
import { drive } from "./drive.ts";
import { isOpen, type PaidOrder } from "./order.ts";
import type { OrderLocks } from "./order-locks.ts";
import type { Lane, OrderQueue } from "./order-queue.ts";
import type { Orders } from "./orders.ts";
import type { Ports, Run } from "./ports.ts";
import { backoffMs } from "./steps.ts";

/** Works on orders, each at one place at a time, and lets others wait for what comes of it. */
export type OrderDesk = {
  /** Drives an order that was just added. The work goes on when nobody waits any more. */
  begin(order: PaidOrder, isFresh: boolean): Promise<PaidOrder>;
  /** An order as it is, after somebody has looked at it again. */
  look(order: PaidOrder): Promise<PaidOrder>;
  /** Resolves when an order that somebody works on has come to rest, or the patience of `until` ends. */
  rested(order: PaidOrder, until: AbortSignal): Promise<PaidOrder>;
  /** One round over what is due; the first round of a lane takes whatever is unfinished. */
  reconcile(lane: Lane): Promise<void>;
  close(): Promise<void>;
};

export type DeskDeps = {
  readonly ports: Ports;
  readonly orders: Orders;
  readonly queue: OrderQueue;
  readonly locks: OrderLocks;
  readonly log: Pick<Logger, "warn" | "error">;
};

const ROUND = { orders: 200, atOnce: 8 } as const;
/** How long a request waits for the index. */
const PATIENCE_MS = 3_000;
/** How often an order is looked at that another process works on. */
const POLL_MS = 100;

export function createOrderDesk(deps: DeskDeps): OrderDesk {
  const { ports, orders, queue, locks } = deps;
  const running = new Map<string, Promise<PaidOrder>>();
  const begun = new Set<Lane>();
  const work = (order: PaidOrder, run: Run): Promise<PaidOrder> => {
    const known = running.get(order.id);
    if (known) return known;
    const working = alone(deps, order, run).finally(() => running.delete(order.id));
    running.set(order.id, working);
    return working;
  };
  const attend = async (id: string): Promise<void> => {
    const order = await orders.find(id);
    if (order) await work(order, LATER).catch((error: unknown) => postponed(deps, order, error));
  };
  return {
    begin: (order, isFresh) => work(order, { isFresh, patienceMs: PATIENCE_MS }),
    look: (order) => work(order, LATER),
    rested: (order, until) => rested(deps, order, { until, workOn: (id) => running.get(id) }),
    reconcile: async (lane) => {
      const unfinished = begun.has(lane) ? [] : await queue.unfinished(lane);
      const due = await queue.due(lane, ports.clock.nowMs(), ROUND.orders);
      begun.add(lane);
      const ids = new Set([...unfinished, ...due]).values();
      const hand = async () => {
        for (const id of ids) await attend(id);
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
async function alone({ ports, orders, queue, locks }: DeskDeps, order: PaidOrder, run: Run): Promise<PaidOrder> {
  if (!queue.isOurs(order)) return order;
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

/** What fails is not tried every second, and a fault of ours is not a quiet one. */
async function postponed({ ports, orders, log }: DeskDeps, order: PaidOrder, error: unknown): Promise<void> {
  const isAway = isOutage(error) || error instanceof ApiError;
  log[isAway ? "warn" : "error"]({ orderId: order.id, saleId: order.saleId, err: error }, "an order rests");
  if (isOutage(error)) return;
  const { looks } = order;
  await orders.change(order, { looks: looks + 1, dueAtMs: ports.clock.nowMs() + backoffMs(looks) }).catch(() => {});
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
