import { el } from "../dom.ts";
import type { Way } from "./payment.ts";

/** What happens on the way from a price to an answer, in order. */
export type Step = "permit" | "allow" | "allowed" | "sign" | "mined" | "seen" | "unlocked";

type State = "todo" | "now" | "done" | "failed";

const OF_WAY: Record<Way, readonly Step[]> = {
  native: ["sign", "mined", "seen", "unlocked"],
  approve: ["allow", "allowed", "sign", "mined", "seen", "unlocked"],
  permit: ["permit", "sign", "mined", "seen", "unlocked"],
};

const STATE_WORDS: Record<State, string> = { todo: "to come", now: "now", done: "done", failed: "failed" };

export type Steps = {
  /** Begins anew. */
  start(way: Way, price: string): void;
  /** All before it are done, and it is what is waited for. Never goes back. */
  reach(step: Step): void;
  finish(): void;
  /** What was waited for has failed. */
  fail(): void;
  /** Where the transaction can be looked up. */
  link(step: Step, url: string): void;
};

/** The list in which a payment's progress is told. */
export function createSteps(list: HTMLElement): Steps {
  let steps: readonly Step[] = [];
  let items = new Map<Step, HTMLLIElement>();
  let at = 0;
  const mark = (index: number, state: State) => {
    const item = items.get(steps[index] as Step);
    if (!item) return;
    item.dataset.state = state;
    (item.querySelector(".state") as HTMLElement).textContent = `, ${STATE_WORDS[state]}`;
  };
  const show = (now: State) => {
    for (const index of steps.keys()) mark(index, index < at ? "done" : index === at ? now : "todo");
  };
  return {
    start: (way, price) => {
      steps = OF_WAY[way];
      at = 0;
      items = new Map(steps.map((step) => [step, itemOf(step, price)]));
      list.replaceChildren(...items.values());
      show("now");
    },
    reach: (step) => {
      const index = steps.indexOf(step);
      if (index < at) return;
      at = index;
      show("now");
    },
    finish: () => {
      at = steps.length;
      show("now");
    },
    fail: () => mark(at, "failed"),
    link: (step, url) => {
      const item = items.get(step);
      if (item && !item.querySelector("a"))
        item.append(" ", el("a", { href: url, target: "_blank", rel: "noreferrer" }, "Look it up"));
    },
  };
}

function itemOf(step: Step, price: string): HTMLLIElement {
  const hidden = el("span", { class: "state unseen" }, "");
  return el("li", { "data-step": step }, el("span", {}, wordsOf(step, price)), hidden);
}

function wordsOf(step: Step, price: string): string {
  const words: Record<Step, string> = {
    permit: `Sign in your wallet that the contract may take ${price}, and no more`,
    allow: `Approve in your wallet that the contract may take ${price}, and no more`,
    allowed: "Approval in a block",
    sign: `Confirm the payment of ${price} in your wallet`,
    mined: "Payment in a block",
    seen: "Payment seen here",
    unlocked: "Unlocked",
  };
  return words[step];
}
