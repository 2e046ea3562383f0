import type { Deps } from "./deps.ts";
import { type MeasureDeps, measureReconciliation } from "./ledger/reconciliation/measure.ts";
import type { BalanceTill } from "./payments/balance/balance.ts";
import { LANES, type Lane } from "./payments/x402/order-queue.ts";
import type { PayPerCall } from "./payments/x402/pay-per-call.ts";
import type { CallCounts } from "./products/masked-api/call-counts.ts";
import { expireLeases, releaseLostNumbers } from "./products/numbers/give-back.ts";
import { finishIncludedTexts } from "./products/numbers/send.ts";
import { forgetWords } from "./products/operator/forget-words.ts";
import { measureSales } from "./products/operator/measure.ts";
import { NO_SUPPLIER } from "./products/orders/supplier.ts";
import { lookAtDueOrders } from "./products/orders/tasks.ts";
import { askCosts } from "./providers/phone/ask-costs.ts";
import { collectEvents } from "./providers/phone/collect.ts";
import { dropOldCounts } from "./providers/phone/rules/judge.ts";
import { keepRefusals } from "./providers/phone/rules/keep-refusals.ts";
import type { Courier } from "./webhooks/courier.ts";
import { removeOldDeliveries } from "./webhooks/tidy.ts";

/** Something that has to be done again and again; `run` may fail, for it is run again. */
export type Task = {
  readonly name: string;
  run(): Promise<unknown>;
  /** How long to wait after a run. */
  everyMs(): number;
};

export type Worker = { stop(): Promise<void> };

export type WorkerDeps = Pick<Deps, "fees" | "db" | "clock" | "log">;

const EVERY_MS = 15_000;
/** While no fee was ever read nothing can be sold, so that is tried again sooner. */
const ANXIOUS_MS = 1_000;

/** Runs every task in a loop of its own, so that a slow one holds up no other. */
export function startWorker(deps: WorkerDeps, tasks: readonly Task[]): Worker {
  const stop = new AbortController();
  const loops = tasks.map(async (task) => {
    while (!stop.signal.aborted) {
      await attempt(deps, task);
      await deps.clock.sleep(task.everyMs(), stop.signal);
    }
  });
  const ended = Promise.all(loops);
  return {
    stop: async () => {
      stop.abort();
      await ended;
    },
  };
}

/** What the house itself needs: follows the gateway's fee, and removes sign-ins and nonces that have ended. */
export function houseTasks({ fees, db, clock }: WorkerDeps): Task[] {
  const remove = (table: "siwe_nonce" | "sign_in") =>
    db.pool.query(`delete from app.${table} where expires_at <= $1`, [new Date(clock.nowMs())]);
  return [
    {
      name: "fees",
      run: () => fees.refresh(),
      everyMs: () => (fees.known().length > 0 ? EVERY_MS : ANXIOUS_MS),
    },
    { name: "nonces", run: () => remove("siwe_nonce"), everyMs: () => EVERY_MS },
    { name: "signIns", run: () => remove("sign_in"), everyMs: () => EVERY_MS },
  ];
}

const ORDERS_EVERY_MS = 1_000;
const ALARM_EVERY_MS = 60_000;
const lanes = Object.keys(LANES) as Lane[];

/** Paid orders that no request waits for any more, and payments without one. */
export const orderTasks = ({ reconcile, alarm, deposits }: PaidTasks): Task[] => [
  ...lanes.map((lane) => ({
    name: `${lane}Orders`,
    run: () => reconcile(lane),
    everyMs: () => ORDERS_EVERY_MS,
  })),
  { name: "stuckOrders", run: alarm, everyMs: () => ALARM_EVERY_MS },
  { name: "deposits", run: deposits, everyMs: () => EVERY_MS },
];

type PaidTasks = Pick<PayPerCall, "reconcile" | "alarm" | "deposits">;

/** What was bought from balances and no request waits for any more. */
export const balanceTasks = ({ reconcile, alarm }: Pick<BalanceTill, "reconcile" | "alarm">): Task[] => [
  { name: "balanceOrders", run: reconcile, everyMs: () => ORDERS_EVERY_MS },
  { name: "stuckBalanceOrders", run: alarm, everyMs: () => ALARM_EVERY_MS },
];

const CALLS_EVERY_MS = 10_000;

/** How often masked APIs were called, for their merchants. */
export const callCountsTask = ({ flush }: Pick<CallCounts, "flush">): Task => ({
  name: "apiCalls",
  run: flush,
  everyMs: () => CALLS_EVERY_MS,
});

const RECONCILED_EVERY_MS = 300_000;

/** Whether the ledger and the chain agree, for /metrics. */
export const reconciliationTask = (deps: MeasureDeps): Task => ({
  name: "reconciliation",
  run: measureReconciliation(deps),
  everyMs: () => RECONCILED_EVERY_MS,
});

const TEXTS_EVERY_MS = 1_000;
const LEASES_EVERY_MS = 60_000;

/** What the carrier has to tell, texts that nobody waits for any more, and lines that go back. */
export function phoneTasks({ phone, ...deps }: Deps): Task[] {
  if (!phone) return [];
  const open = { ...deps, phone };
  return [
    { name: "carrierEvents", run: () => collectEvents(open), everyMs: () => TEXTS_EVERY_MS },
    { name: "includedTexts", run: () => finishIncludedTexts(open), everyMs: () => TEXTS_EVERY_MS },
    { name: "leases", run: () => expireLeases(open), everyMs: () => LEASES_EVERY_MS },
    { name: "lostNumbers", run: () => releaseLostNumbers(open), everyMs: () => LEASES_EVERY_MS },
    ...(phone.costOf ? [{ name: "costs", run: () => askCosts(open), everyMs: () => EVERY_MS }] : []),
  ];
}

const REFUSALS_EVERY_MS = 5_000;
const OLD_TEXTS_EVERY_MS = 600_000;

/** What the operator is told, and what is kept no longer. */
export const operatorTasks = (deps: Deps): Task[] => [
  { name: "refusals", run: () => keepRefusals(deps), everyMs: () => REFUSALS_EVERY_MS },
  { name: "oldWords", run: () => forgetWords(deps), everyMs: () => OLD_TEXTS_EVERY_MS },
  { name: "oldCounts", run: () => dropOldCounts(deps), everyMs: () => OLD_TEXTS_EVERY_MS },
  { name: "sales", run: measureSales(deps), everyMs: () => EVERY_MS },
];

const DELIVERIES_EVERY_MS = 500;
const OLD_DELIVERIES_EVERY_MS = 600_000;

/** Tells webhooks, and forgets what was told long ago. */
export const webhookTasks = (deps: WorkerDeps, courier: Courier): Task[] => [
  { name: "webhooks", run: courier.run, everyMs: () => DELIVERIES_EVERY_MS },
  { name: "oldDeliveries", run: () => removeOldDeliveries(deps), everyMs: () => OLD_DELIVERIES_EVERY_MS },
];

const CODES_EVERY_MS = 1_000;

/** Codes that are waited for, orders whose time is over, and what the supplier is still to be told. */
export const codeOrderTasks = (deps: Deps): Task[] => {
  const open = { ...deps, otp: deps.otp ?? NO_SUPPLIER };
  return [{ name: "codeOrders", run: () => lookAtDueOrders(open), everyMs: () => CODES_EVERY_MS }];
};

/** One round of each. Never rejects: whatever is out of reach now is there in a later round. */
export async function tidy(deps: WorkerDeps, tasks: readonly Task[] = houseTasks(deps)): Promise<void> {
  for (const task of tasks) await attempt(deps, task);
}

const attempt = ({ log }: WorkerDeps, { name, run }: Task): Promise<unknown> =>
  run().catch((error: Error) => log.warn({ task: name, reason: error.message }, "a task of the worker failed"));
