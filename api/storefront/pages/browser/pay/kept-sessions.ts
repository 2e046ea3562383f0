import type { Way } from "./payment.ts";

/** A session as this browser keeps it, from before anything is signed until its time is over. */
export type Kept = {
  /** Who has it can use the session. */
  readonly sessionId: string;
  readonly startedAt: number;
  /** Until then it can be paid. */
  readonly payableUntil: number;
  /** What is bought with it. */
  readonly validForSec: number;
  readonly way: Way;
  /** As people write it. */
  readonly price: string;
  readonly txHash?: string;
  /** Once it is unlocked: until then it can be used. */
  readonly expiresAt?: number;
};

const DAY_MS = 86_400_000;

/** What was not seen to be paid may have been, until whatever it could have bought is over as well. */
const latestEnd = ({ payableUntil, validForSec }: Kept): number => payableUntil + validForSec * 1000 + DAY_MS;

/** The sessions of one API, newest first; each change is read and written at once, for other tabs write as well. */
export type KeptSessions = {
  all(): Kept[];
  find(sessionId: string): Kept | undefined;
  put(session: Kept): void;
  change(sessionId: string, change: Partial<Kept>): void;
  forget(sessionId: string): void;
  /** Calls back when another tab has changed any. */
  onElsewhere(listener: () => void): void;
};

export function keptSessions(apiId: string): KeptSessions {
  const key = `turnpike.sessions.${apiId}`;
  const all = (): Kept[] => {
    const now = Date.now();
    const kept = JSON.parse(localStorage.getItem(key) ?? "[]") as Kept[];
    return kept.filter((each) => (each.expiresAt ?? latestEnd(each)) > now);
  };
  const write = (sessions: readonly Kept[]) => localStorage.setItem(key, JSON.stringify(sessions));
  return {
    all,
    find: (sessionId) => all().find((each) => each.sessionId === sessionId),
    put: (session) => write([session, ...all().filter(({ sessionId }) => sessionId !== session.sessionId)]),
    change: (sessionId, change) =>
      write(all().map((each) => (each.sessionId === sessionId ? { ...each, ...change } : each))),
    forget: (sessionId) => write(all().filter((each) => each.sessionId !== sessionId)),
    onElsewhere: (listener) =>
      window.addEventListener("storage", (event) => {
        if (event.key === key) listener();
      }),
  };
}
