import { copyButton } from "../copy-button.ts";
import { busy, byId, el, fill, show } from "../dom.ts";
import { clockOf } from "../duration.ts";
import type { Said, Session, Upstream } from "./ask.ts";
import { contentOf } from "./content.ts";
import type { PayData } from "./data.ts";
import { tick } from "./ticker.ts";

export type AnswerCard = {
  /** Shows an answer, and for how long the session lasts. */
  show(unlocked: Unlocked): Promise<void>;
  /** Shows that the session holds although there was no answer. */
  showWithout(sessionId: string, words: string): void;
  close(): void;
};

type Unlocked = Extract<Said, { kind: "unlocked" }>;

export type AnswerWishes = {
  callAgain(sessionId: string): Promise<void>;
  buyMore(): void;
};

/** The card with what was paid for. */
export function createAnswerCard(data: PayData, wishes: AnswerWishes): AnswerCard {
  let stopTicking = () => {};
  const open = (sessionId: string, tools: HTMLElement[]) => {
    show(byId("answer"));
    const again = el("button", { type: "button", class: "small", id: "call-again" }, "Call again");
    again.addEventListener("click", () => void busy(again, () => wishes.callAgain(sessionId)));
    const more = el(
      "button",
      { type: "button", class: "quiet small", id: "buy-more", onclick: wishes.buyMore },
      "Buy again",
    );
    fill(byId("answer-tools"), again, ...tools, ...(data.state === "active" ? [more] : []));
    fill(byId("answer-more"), forPrograms(data, sessionId));
    return again;
  };
  const count = (endMs: number, again: HTMLButtonElement) => {
    stopTicking();
    stopTicking = tick(endMs, (leftSec) => {
      byId("left").textContent = leftSec > 0 ? `${clockOf(leftSec)} left` : "Time is over";
      byId("left").className = leftSec > 0 ? "badge good" : "badge";
      if (leftSec === 0) show(again, false);
    });
  };
  return {
    show: async ({ session, upstream, expiresAt }) => {
      const content = await contentOf(upstream);
      const copy = content.text === undefined ? [] : [copyButton(() => content.text as string)];
      const again = open(session.session_id_hex, [...copy, saveButton(content.file, content.extension)]);
      byId("answer-facts").textContent = factsOf(upstream, expiresAt);
      fill(byId("answer-body"), content.view, ...warningOf(session));
      count(expiresAt, again);
    },
    showWithout: (sessionId, words) => {
      open(sessionId, []);
      byId("left").textContent = "Paid";
      byId("answer-facts").textContent = "Your payment is seen, and your time runs.";
      fill(byId("answer-body"), el("p", { class: "note" }, `${words} That costs you nothing more: call again.`));
    },
    close: () => {
      stopTicking();
      show(byId("answer"), false);
    },
  };
}

function factsOf({ status, content_type }: Upstream, expiresAt: number): string {
  const until = new Date(expiresAt).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
  const type = content_type.split(";")[0] || "no type";
  return `Answered with status ${status}, ${type}. Yours until ${until}.`;
}

function warningOf({ binding }: Session): Node[] {
  if (binding === "bound") return [];
  const words =
    "This session was paid under its own id, which anyone can read on chain: others may use it as well until it ends.";
  return [el("p", { class: "note" }, words)];
}

function saveButton(file: Blob, extension: string): HTMLElement {
  const save = () => {
    const href = URL.createObjectURL(file);
    el("a", { href, download: `answer.${extension}` }).click();
    URL.revokeObjectURL(href);
  };
  return el("button", { type: "button", class: "quiet small", onclick: save }, "Download");
}

function forPrograms({ url, methods }: PayData, sessionId: string): HTMLElement {
  const method = methods.includes("GET") ? "" : `-X ${methods[0]} `;
  const line = `curl ${method}-H 'X-402-Session: ${sessionId}' '${url}'`;
  return el(
    "details",
    {},
    el("summary", {}, "Use it from a program"),
    el(
      "p",
      {},
      "Whoever has this line can use your time. With ",
      el("code", {}, "?raw=1"),
      " the answer comes as it is.",
    ),
    el("pre", { class: "wrapped" }, el("code", { id: "curl" }, line)),
    copyButton(() => line, "Copy the line"),
  );
}
