import type { Deps } from "./deps.ts";

export type Worker = { stop(): Promise<void> };

export type WorkerDeps = Pick<Deps, "fees" | "db" | "clock" | "log">;

const EVERY_MS = 15_000;
/** While no fee was ever read nothing can be sold, so that is tried again sooner. */
const ANXIOUS_MS = 1_000;

/** The slow loop: follows the gateway's fee, and removes sign-ins and nonces that have ended. */
export function startWorker(deps: WorkerDeps): Worker {
  const stop = new AbortController();
  const loop = async () => {
    while (!stop.signal.aborted) {
      await tidy(deps);
      await deps.clock.sleep(deps.fees.known().length > 0 ? EVERY_MS : ANXIOUS_MS, stop.signal);
    }
  };
  const ended = loop();
  return {
    stop: () => {
      stop.abort();
      return ended;
    },
  };
}

/** One round. Never rejects: whatever is out of reach now is there in a later round. */
export async function tidy({ fees, db, clock, log }: WorkerDeps): Promise<void> {
  const now = new Date(clock.nowMs());
  const tasks = {
    fees: () => fees.refresh(),
    nonces: () => db.pool.query("delete from app.siwe_nonce where expires_at <= $1", [now]),
    signIns: () => db.pool.query("delete from app.sign_in where expires_at <= $1", [now]),
  };
  for (const [task, run] of Object.entries(tasks))
    await run().catch((error: Error) => log.warn({ task, reason: error.message }, "a task of the worker failed"));
}
