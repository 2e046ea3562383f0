import type { Clock } from "../../clock.ts";

const EVERY_SEC = 300;
/** A message may be on record later than it was sent, and what became of it later than that. */
const OVERLAP_SEC = 1_800;
/** How long nobody of us may have listened. */
const FIRST_SEC = 24 * 3600;

/**
 * Carriers tell a thing for moments and never again. What came while nobody listened is read from their records from time
 * to time, by `read`, which says false when it could not come to the end: what is known already changes nothing.
 */
export function openCatchUp(clock: Clock, read: (since: Date) => Promise<boolean>): () => Promise<void> {
  let nextMs = 0;
  let readUntilMs: number | undefined;
  return async () => {
    const nowMs = clock.nowMs();
    if (nowMs < nextMs) return;
    nextMs = nowMs + EVERY_SEC * 1000;
    const sinceMs = (readUntilMs ?? nowMs - FIRST_SEC * 1000) - OVERLAP_SEC * 1000;
    if (await read(new Date(sinceMs))) readUntilMs = nowMs;
  };
}
