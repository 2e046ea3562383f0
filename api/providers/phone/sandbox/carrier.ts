import type pg from "pg";
import type { Clock } from "../../../clock.ts";
import type { Db } from "../../../db.ts";
import type { PhoneProvider } from "../../phone.ts";
import { acknowledge, pendingEvents } from "./events.ts";
import { takeFault } from "./faults.ts";
import { lookUp } from "./look-up.ts";
import { buyNumber, findPurchase, release, stock } from "./numbers.ts";
import { buildCarrier } from "./schema.ts";
import { acceptText, findText } from "./texts.ts";

export type SandboxDeps = { db: Db; clock: Clock };

/**
 * A carrier that reaches nobody and behaves like one that does: its numbers, messages and receipts are its own, in
 * schema `carrier`, and it goes wrong when that is ordered (`faults.ts`). Texts that begin with "Reply " are answered.
 */
export async function openSandboxCarrier(deps: SandboxDeps): Promise<PhoneProvider> {
  await buildCarrier(deps.db);
  const now = () => new Date(deps.clock.nowMs());
  /** Copies of one order wait for each other. */
  const alone = <T>(reference: string, work: (client: pg.PoolClient) => Promise<T>) =>
    deps.db.transaction(async (client) => {
      await client.query("select pg_advisory_xact_lock(hashtext('carrier ' || $1))", [reference]);
      return work(client);
    });
  const find = <T>(reference: string, look: (client: pg.PoolClient) => Promise<T>) =>
    deps.db.transaction(async (client) =>
      (await takeFault(client, "find", [reference])) ? ({ kind: "unknown" } as const) : look(client),
    );
  return {
    name: "sandbox",
    answersWithinSec: 5,
    stock: (country) => stock(deps.db.pool, { country, now: now() }),
    buyNumber: (order) => alone(order.reference, (client) => buyNumber(client, order, now())),
    release: (number) => release(deps.db, number, now()),
    sendMessage: (text) => alone(text.reference, (client) => acceptText(client, text, now())),
    findPurchase: (reference) => find(reference, (client) => findPurchase(client, reference)),
    findMessage: ({ reference }) => find(reference, (client) => findText(client, reference)),
    events: () => pendingEvents(deps.db.pool, now()),
    acknowledge: (eventIds) => acknowledge(deps.db.pool, eventIds, now()),
    lookUp,
    health: async () => ({ problems: [], balanceMicroUsd: undefined, facts: { reaches: "nobody" } }),
    close: async () => {},
  };
}
