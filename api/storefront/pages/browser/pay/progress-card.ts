import { busy, byId, el, fill, show } from "../dom.ts";
import type { Way } from "./payment.ts";
import { createSteps, type Steps } from "./steps.ts";

export type ProgressCard = {
  readonly steps: Steps;
  open(way: Way, price: string): void;
  /** What else there is to know, and a button that takes the payment up again. */
  say(words: string, onContinue?: () => Promise<void>): void;
  isOpen(): boolean;
  close(): void;
};

/** The card that tells how far a payment has got. */
export function createProgressCard(): ProgressCard {
  const steps = createSteps(byId("steps"));
  return {
    steps,
    open: (way, price) => {
      steps.start(way, price);
      fill(byId("progress-more"));
      show(byId("progress"));
      byId("progress-title").focus();
    },
    say: (words, onContinue) => {
      const button = el("button", { type: "button", id: "continue" }, "Continue paying");
      if (onContinue) button.addEventListener("click", () => void busy(button, onContinue));
      fill(byId("progress-more"), el("p", { class: "quietly" }, words), ...(onContinue ? [button] : []));
    },
    isOpen: () => !byId("progress").hidden,
    close: () => show(byId("progress"), false),
  };
}
