import { el, fill } from "../dom.ts";
import { wordsOf } from "../status.ts";
import { SignInEnded } from "./account.ts";

const turns = new WeakMap<HTMLElement, symbol>();

/** Fills `into` with what `load` gives; or with what went wrong, and a way to try again. Of two at once the later one counts. */
export async function loaded(into: HTMLElement, load: () => Promise<Node[]>): Promise<void> {
  const turn = Symbol("turn");
  turns.set(into, turn);
  into.setAttribute("aria-busy", "true");
  if (!into.hasChildNodes()) fill(into, el("p", { class: "quietly" }, "Loading…"));
  const nodes = await load().catch((error: unknown) => problem(error, () => loaded(into, load)));
  if (turns.get(into) !== turn) return;
  const hadFocus = into.contains(document.activeElement);
  fill(into, ...nodes);
  into.removeAttribute("aria-busy");
  // What had it is gone, and a keyboard would start at the top of the page again.
  if (hadFocus) into.focus();
}

/** Nothing is in `into` any more, and nothing that was asked for comes into it. */
export function emptied(into: HTMLElement): void {
  turns.delete(into);
  into.removeAttribute("aria-busy");
  fill(into);
}

/** Of a sign-in that has ended the page speaks as a whole. */
function problem(error: unknown, again: () => void): Node[] {
  if (error instanceof SignInEnded) return [];
  const button = el("button", { type: "button", class: "quiet small", onclick: again }, "Try again");
  return [el("div", { class: "error", role: "alert" }, el("p", {}, wordsOf(error)), button)];
}
