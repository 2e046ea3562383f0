import type { ServerResponse } from "node:http";

/** An answer up to this size stays in the kernel's buffers, whether its caller reads or not. */
export const SHORT_BYTES = 64 * 1024;

export type Patience = { idleMs: number; totalMs: number };

/** The same as towards callers of a streamed answer. */
const PATIENCE: Patience = { idleMs: 15_000, totalMs: 60_000 };

/** Cuts an answer of which the caller takes nothing for `idleMs`, or not all within `totalMs`. Goes before `end`. */
export function cutWhenStuck(response: ServerResponse, { idleMs, totalMs }: Patience = PATIENCE): void {
  const cut = () => response.destroy();
  // Node starts this one anew whenever part of a write got through.
  response.setTimeout(idleMs, cut);
  const total = setTimeout(cut, totalMs);
  total.unref();
  response.once("close", () => clearTimeout(total));
}
