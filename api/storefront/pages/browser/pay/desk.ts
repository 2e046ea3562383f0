import type { AnswerCard } from "./answer-card.ts";
import type { PayData } from "./data.ts";
import type { Kept, KeptSessions } from "./kept-sessions.ts";
import type { Offer } from "./offer.ts";
import type { ProgressCard } from "./progress-card.ts";
import { showSessions } from "./session-list.ts";

/** The page's parts, and which session it is busy with. */
export type Desk = {
  readonly data: PayData;
  readonly kept: KeptSessions;
  /** Absent where nothing is sold. */
  readonly offer: Offer | undefined;
  readonly progress: ProgressCard;
  readonly answer: AnswerCard;
  /** Goes on with a session that is kept. */
  pick(session: Kept): void;
  current: string | undefined;
  /** Calls off what is done about the session. */
  stop: AbortController;
};

/** Turns to one session, and leaves the one before to itself. */
export function turnTo(desk: Desk, sessionId: string | undefined): AbortSignal {
  desk.stop.abort();
  desk.stop = new AbortController();
  desk.current = sessionId;
  listSessions(desk);
  return desk.stop.signal;
}

export function listSessions({ kept, current, pick }: Desk): void {
  showSessions(kept.all(), { current, onPick: pick });
}

/** Shows what it costs, and lets a person pay. */
export async function sell(desk: Desk): Promise<void> {
  turnTo(desk, undefined);
  desk.progress.close();
  desk.answer.close();
  if (desk.data.state !== "active") return;
  await desk.offer?.open();
}
