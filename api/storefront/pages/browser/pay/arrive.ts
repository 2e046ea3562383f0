import { byId } from "../dom.ts";
import { clear, fail, tell } from "../status.ts";
import { type Desk, listSessions, sell } from "./desk.ts";
import type { Kept } from "./kept-sessions.ts";
import type { Quote } from "./quote.ts";
import { type Outcome, watch } from "./watch.ts";

type Following = { signal: AbortSignal; onPending(quote: Quote): void };

/** Waits until the server sees the payment, and shows what came of it. */
export async function follow(desk: Desk, session: Kept, { signal, onPending }: Following): Promise<void> {
  const onTrouble = (words: string | undefined) => {
    if (words) tell(`${words} Trying again …`);
  };
  const { sessionId } = session;
  try {
    const outcome = await unlessCalledOff(signal, watch({ data: desk.data, sessionId, signal, onPending, onTrouble }));
    if (outcome) await arrive(desk, sessionId, outcome);
  } catch (error) {
    fail(error);
  }
}

/** What comes of `work`, or undefined when somebody has turned to something else meanwhile. */
export async function unlessCalledOff<T>(signal: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  try {
    const outcome = await work;
    return signal.aborted ? undefined : outcome;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

/** Shows what came of a session. */
export async function arrive(desk: Desk, sessionId: string, outcome: Outcome): Promise<void> {
  desk.stop.abort();
  if (outcome.kind === "lapsed") return lapse(desk, sessionId);
  desk.kept.change(sessionId, { expiresAt: endOf(desk, sessionId, outcome) });
  desk.progress.steps.finish();
  desk.progress.close();
  desk.offer?.close();
  if (outcome.kind === "unlocked") await desk.answer.show(outcome);
  else desk.answer.showWithout(sessionId, wordsOf(outcome));
  clear();
  listSessions(desk);
  document.title = `Unlocked: ${desk.data.name}`;
  byId("answer-title").focus();
}

const wordsOf = (outcome: Extract<Outcome, { kind: "upstream-failed" | "unasked" }>): string =>
  outcome.kind === "unasked"
    ? "Write your request below: it is answered as soon as your payment is seen."
    : `Your payment is seen, and your time runs. ${outcome.refusal.message} Calling again costs you nothing more.`;

/** Where there was no answer to tell it, the latest that it can be. */
function endOf({ kept }: Desk, sessionId: string, outcome: Exclude<Outcome, { kind: "lapsed" }>): number {
  if (outcome.kind === "unlocked") return outcome.expiresAt;
  const session = kept.find(sessionId);
  return session?.expiresAt ?? Date.now() + (session?.validForSec ?? 0) * 1000;
}

async function lapse(desk: Desk, sessionId: string): Promise<void> {
  const session = desk.kept.find(sessionId);
  const wasPaid = session?.expiresAt !== undefined;
  // What could still be paid is kept, whatever a server says that does not know it.
  if (wasPaid || (session && Date.now() > session.payableUntil)) desk.kept.forget(sessionId);
  desk.offer?.close();
  await sell(desk);
  tell(
    wasPaid
      ? "The time that you paid for is over."
      : "No payment was seen before the price ran out. The contract takes none for it any more, so nothing is lost.",
  );
}
