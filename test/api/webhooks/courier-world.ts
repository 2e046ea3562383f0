import { randomBytes, randomUUID } from "node:crypto";
import { pino } from "pino";
import { inject } from "vitest";
import { openDb } from "../../../api/db.ts";
import type { Deps } from "../../../api/deps.ts";
import { type Event, emit } from "../../../api/events.ts";
import type { Queryable } from "../../../api/ledger.ts";
import { createMetrics } from "../../../api/metrics.ts";
import { type CallbackOptions, openCallbacks } from "../../../api/providers/callbacks.ts";
import { createUpstream } from "../../../api/providers/upstream/upstream.ts";
import { type Courier, type CourierDeps, openCourier } from "../../../api/webhooks/courier.ts";
import { type Delivery, listDeliveries } from "../../../api/webhooks/deliveries.ts";
import type { Creation } from "../../../api/webhooks/fields.ts";
import { createWebhook, type Shown, type WebhooksDeps } from "../../../api/webhooks/webhooks.ts";
import { freshDatabase } from "../../support/database.ts";
import { TestClock } from "../support/test-clock.ts";
import { answering, type Listener, startListener } from "./listener.ts";

export const OWNER = { address: "0xabababababababababababababababababababab", onlyChainId: undefined } as const;

export type Hook = Shown & { secret: string };

/** Couriers that set out only when they are told to, and two servers that they call on. */
export type CourierWorld = {
  readonly deps: CourierDeps & WebhooksDeps;
  readonly databaseUrl: string;
  readonly clock: TestClock;
  readonly listener: Listener;
  readonly other: Listener;
  readonly courier: Courier;
  hook(fields?: Partial<Creation>): Promise<Hook>;
  /** Something happens to `OWNER`. */
  happen(event?: Partial<Event>, on?: Queryable): Promise<void>;
  /** The courier sets out, and has come back. */
  round(): Promise<void>;
  log(hook: Hook): Promise<Delivery[]>;
  /** Another process on the same database. */
  another(options?: Partial<CallbackOptions>): Courier;
  reset(): Promise<void>;
  close(): Promise<void>;
};

export async function createCourierWorld(): Promise<CourierWorld> {
  const log = pino({ level: "silent" });
  const [listener, other] = [await startListener(), await startListener()];
  const clock = new TestClock();
  const databaseUrl = await freshDatabase(inject("pgUrl"));
  const db = await openDb(databaseUrl, log);
  const rules = { allow: [listener.host, other.host], ownHosts: ["turnpike.example.org:443", "127.0.0.1:8402"] };
  const callbacks = openCallbacks(rules);
  const upstream = createUpstream({ ...rules, log, render: () => "" });
  const secretsKey = randomBytes(32);
  const deps = { db, clock, log, secretsKey, callbacks, upstream, metrics: createMetrics() } satisfies Partial<Deps>;
  const courier = openCourier(deps);
  const opened: { close(): Promise<void> }[] = [courier];
  return {
    ...{ deps, databaseUrl, clock, listener, other, courier },
    hook: async (fields = {}) => {
      const { webhook, secret } = await createWebhook(deps, OWNER, { url: listener.url, ...fields });
      return { ...webhook, secret };
    },
    happen: (event = {}, on = db.pool) => emit(on, { ...usual(clock), ...event }),
    round: async () => {
      await courier.run();
      await courier.idle();
    },
    log: (hook) => listDeliveries(deps, hook.webhook_id, { limit: 100, offset: 0 }),
    another: (options = {}) => {
      const own = openCallbacks({ ...rules, ...options });
      const fellow = openCourier({ ...deps, callbacks: own });
      opened.push(fellow, own);
      return fellow;
    },
    reset: async () => {
      await db.pool.query("delete from app.webhook");
      for (const { told, answer } of [listener, other]) {
        told.length = 0;
        answer(answering(204));
      }
    },
    close: async () => {
      for (const one of [...opened, callbacks, upstream, db, listener, other]) await one.close();
    },
  };
}

const usual = (clock: TestClock): Event => ({
  type: "order.received",
  owner: OWNER.address,
  data: { order_id: "1" },
  at: new Date(clock.nowMs()),
  id: randomUUID(),
});
