import type { ServerResponse } from "node:http";

type Ready = { response: ServerResponse; write: () => void };

let ready: Ready[] = [];

/**
 * Runs `write`, which sends a whole answer, with those of all others that became ready in this turn of the event loop. A
 * write costs most where it wakes the one who waits for it; answers sent one by one wake him each time, because he is
 * done with one before we have made the next (measured: a sixth of the CPU time of a request).
 */
export function leaveTogether(response: ServerResponse, write: () => void): void {
  if (ready.push({ response, write }) === 1) setImmediate(leave);
}

function leave(): void {
  const leaving = ready;
  ready = [];
  for (const { response, write } of leaving) {
    try {
      write();
    } catch {
      // One that cannot be written must not keep the others.
      response.destroy();
    }
  }
}
