import type { Clock } from "../../clock.ts";
import { createHeldRequests } from "../../identity/held-requests.ts";
import type { Indexed } from "../../indexed.ts";
import { WAIT } from "../../limits.ts";
import type { Standing } from "./sessions.ts";

export type Waiting = { waitSec: number; signal: AbortSignal; caller: string };

/** Looks once, and while the session is pending again at every change of the index, for at most `waitSec`. */
export type Waiter = (look: () => Promise<Standing>, waiting: Waiting) => Promise<Standing>;

/** `stopping` ends all waits at once: they answer with what they saw last. */
export function createWaiter(deps: { indexed: Pick<Indexed, "changed">; clock: Clock; stopping: AbortSignal }): Waiter {
  const held = createHeldRequests();
  return async (look, { waitSec, signal, caller }) => {
    const giveBack = waitSec > 0 ? held.take(caller) : undefined;
    if (!giveBack) return look();
    const done = new AbortController();
    const until = AbortSignal.any([signal, deps.stopping, done.signal]);
    try {
      return await watch(look, { deps, until, timeUp: deps.clock.sleep(waitSec * 1000, until) });
    } finally {
      done.abort();
      giveBack();
    }
  };
}

type Watch = { deps: { indexed: Pick<Indexed, "changed"> }; until: AbortSignal; timeUp: Promise<void> };

async function watch(look: () => Promise<Standing>, { deps, until, timeUp }: Watch): Promise<Standing> {
  const over = timeUp.then(() => "over" as const);
  for (;;) {
    // Listening starts before looking, or a payment between the two would be noticed one block late.
    const changed = deps.indexed.changed(until).then(
      () => "changed" as const,
      () => "over" as const,
    );
    const standing = await look();
    if (standing.state !== "pending") return standing;
    if ((await Promise.race([changed, over])) === "over" || until.aborted) return standing;
  }
}

/** N of `Prefer: wait=N` (RFC 7240), capped; 0 when it is absent or no number. */
export function preferredWaitSec(header: string | undefined): number {
  const given = header && /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?/i.exec(header)?.[1];
  return given ? Math.min(Number(given), WAIT.maxSec) : 0;
}
