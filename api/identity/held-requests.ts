import { WAIT } from "../limits.ts";

/** Takes a place for a request that waits, and gives it back by what it returns; undefined when there is no place. */
export type HeldRequests = { take(caller: string): (() => void) | undefined };

/** Counts requests that are held, of all callers and of each. */
export function createHeldRequests(): HeldRequests {
  const heldOf = new Map<string, number>();
  let held = 0;
  return {
    take: (caller) => {
      const own = heldOf.get(caller) ?? 0;
      if (held >= WAIT.maxHeld || own >= WAIT.maxHeldPerCaller) return undefined;
      held++;
      heldOf.set(caller, own + 1);
      return () => {
        held--;
        const left = (heldOf.get(caller) ?? 1) - 1;
        if (left > 0) heldOf.set(caller, left);
        else heldOf.delete(caller);
      };
    },
  };
}
