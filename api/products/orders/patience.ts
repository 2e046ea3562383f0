import type { Clock } from "../../clock.ts";

/** What `work` gives, or `otherwise` when that takes longer than `ms` by the clock, or fails. The work itself goes on. */
export async function patiently<T, E>(
  clock: Clock,
  { ms, otherwise }: { ms: number; otherwise: E },
  work: Promise<T>,
): Promise<T | E> {
  const over = new AbortController();
  try {
    return await Promise.race([work.catch(() => otherwise), clock.sleep(ms, over.signal).then(() => otherwise)]);
  } finally {
    over.abort();
  }
}
