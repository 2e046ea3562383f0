import { byId, el, fill, show } from "../dom.ts";
import { durationOf } from "../duration.ts";
import type { Kept } from "./kept-sessions.ts";
import { whenOf } from "./when.ts";

/** Lists what was paid from this browser, unless all of it is on the page anyway. */
export function showSessions(sessions: readonly Kept[], { current, onPick }: Picking): void {
  const isWorthIt = sessions.length > 1 || (sessions.length === 1 && sessions[0]?.sessionId !== current);
  show(byId("sessions"), isWorthIt);
  fill(byId("session-list"), ...sessions.map((each) => itemOf(each, { current, onPick })));
}

type Picking = { current: string | undefined; onPick(session: Kept): void };

function itemOf(session: Kept, { current, onPick }: Picking): HTMLElement {
  const words = el("span", {}, `From ${whenOf(session.startedAt)}: ${stateOf(session)}`);
  if (session.sessionId === current)
    return el("li", { "aria-current": "true" }, words, el("span", { class: "badge" }, "Shown"));
  const label = session.expiresAt === undefined ? "Look for its payment" : "Use";
  const pick = el("button", { type: "button", class: "quiet small", onclick: () => onPick(session) }, label);
  return el("li", {}, words, pick);
}

function stateOf({ expiresAt }: Kept): string {
  if (expiresAt === undefined) return "not seen to be paid yet";
  const leftSec = (expiresAt - Date.now()) / 1000;
  return leftSec > 60 ? `${durationOf(Math.floor(leftSec / 60) * 60)} left` : "less than a minute left";
}
