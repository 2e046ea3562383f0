import type { Deps } from "../../deps.ts";
import { createHeldRequests } from "../../identity/held-requests.ts";
import { newsOf } from "./end.ts";
import { type CodeOrder, isOpen } from "./order.ts";

export type WatchDeps = Pick<Deps, "changes" | "clock" | "stopping">;

export type Watching = {
  readonly orderId: string;
  readonly waitSec: number;
  /** Who asks: one holds so many requests at most. */
  readonly caller: string;
  /** Aborts when nobody listens any more. */
  readonly gone: AbortSignal;
};

/** What `look` sees once the order has ended, or when the time is up. It looks when there is news, and never in a loop. */
export type Watch = (look: () => Promise<CodeOrder>, watching: Watching) => Promise<CodeOrder>;

/** Held requests are woken by what the process that ends an order announces, whichever process that is. */
export function createWatch({ changes, clock, stopping }: WatchDeps): Watch {
  const bells = createBells(changes);
  const held = createHeldRequests();
  return async (look, { orderId, waitSec, caller, gone }) => {
    const giveBack = waitSec > 0 ? held.take(caller) : undefined;
    if (!giveBack) return look();
    const timeUp = new AbortController();
    const over = AbortSignal.any([gone, stopping, timeUp.signal]);
    void clock.sleep(waitSec * 1000, over).then(() => timeUp.abort());
    try {
      return await untilEnded(look, () => bells.ring(newsOf(orderId), over), over);
    } finally {
      timeUp.abort();
      giveBack();
    }
  };
}

async function untilEnded(look: () => Promise<CodeOrder>, listen: () => Promise<void>, over: AbortSignal) {
  for (;;) {
    // Listening starts before looking, or an end between the two would go unnoticed.
    const news = listen();
    const isLast = over.aborted;
    const order = await look();
    if (!isOpen(order) || isLast) return order;
    await news;
  }
}

/** One for each who waits for a piece of news; all of them after a gap in listening, when anything may have happened. */
function createBells(changes: WatchDeps["changes"]) {
  const bells = new Map<string, Set<() => void>>();
  changes.on((what) => {
    const rung = what === undefined ? [...bells.values()] : [bells.get(what) ?? []];
    for (const ring of rung.flatMap((one) => [...one])) ring();
  });
  /** Resolves at the next such news, or when it is over. */
  const ring = (news: string, over: AbortSignal): Promise<void> => {
    if (over.aborted) return Promise.resolve();
    const hung = bells.get(news) ?? new Set();
    bells.set(news, hung);
    return new Promise((resolve) => {
      const wake = () => {
        hung.delete(wake);
        if (hung.size === 0 && bells.get(news) === hung) bells.delete(news);
        over.removeEventListener("abort", wake);
        resolve();
      };
      hung.add(wake);
      over.addEventListener("abort", wake);
    });
  };
  return { ring };
}
