import type { Clock } from "../clock.ts";

export type Sharing = { clock: Clock; keptMs: number };

/** `run` once for all who ask while it runs and for `keptMs` after: probes are free, so they must be cheap. Failures are not kept. */
export function shared<T>({ clock, keptMs }: Sharing, run: () => Promise<T>): () => Promise<T> {
  let last: { answer: Promise<T>; untilMs: number } | undefined;
  const start = () => {
    const current = { answer: run(), untilMs: Number.POSITIVE_INFINITY };
    last = current;
    current.answer.then(
      () => {
        current.untilMs = clock.nowMs() + keptMs;
      },
      () => {
        last = undefined;
      },
    );
    return current.answer;
  };
  return () => (last && clock.nowMs() < last.untilMs ? last.answer : start());
}
