import { byId, el, fill, show } from "../dom.ts";
import { lineBought, lineRenewed } from "./buy-line.ts";
import type { Desk } from "./panel.ts";
import { resumed } from "./purchase.ts";
import { textSent } from "./send-text.ts";
import { toppedUp } from "./top-up.ts";
import { type Kind, unfinishedOf } from "./unfinished.ts";

/** What is told when it is bought. */
const TOLD: Record<Kind, (answer: never) => unknown> = {
  "top-up": toppedUp,
  line: lineBought,
  renewal: lineRenewed,
  text: textSent,
};

/** Offers to look what became of a purchase that a reload or a lost tab has cut off. */
export function offerToResume(desk: Desk, done: () => void): void {
  const purchase = unfinishedOf(desk.account.address);
  const note = byId("unfinished");
  show(note, purchase !== undefined);
  if (!purchase) return;
  const resume = async () => {
    const answer = await resumed(desk, purchase);
    offerToResume(desk, done);
    if (answer === undefined) return;
    done();
    await TOLD[purchase.kind](answer as never);
  };
  const button = el(
    "button",
    { type: "button", class: "quiet small", onclick: () => void resume() },
    "See what became of it",
  );
  fill(note, el("p", {}, `“${purchase.title}” was signed here, and its answer did not arrive.`), button);
}
