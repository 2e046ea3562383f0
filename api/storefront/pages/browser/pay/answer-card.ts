import { copyButton } from "../copy-button.ts";
import { busy, byId, el, fill, show } from "../dom.ts";
import { clockOf } from "../duration.ts";
import { fail } from "../status.ts";
import { curlDetails, requestDetails } from "./answer-more.ts";
import { isBlind, type Said } from "./ask.ts";
import { type Content, contentOf, contentOfResponse } from "./content.ts";
import type { PayData } from "./data.ts";
import { type Made, send } from "./request-form.ts";
import { tick } from "./ticker.ts";
import { whenOf } from "./when.ts";

type Unlocked = Extract<Said, { kind: "unlocked" }>;

export type AnswerCard = {
  /** Shows an answer, and for how long the session lasts. */
  show(unlocked: Unlocked): Promise<void>;
  /** Shows how a session without an answer stands, and why. */
  showWithout(sessionId: string, words: string, title?: string): void;
  close(): void;
};

export type AnswerWishes = {
  callAgain(sessionId: string): Promise<void>;
  buyMore(): void;
};

/** The card with what was paid for. */
export function createAnswerCard(data: PayData, { callAgain, buyMore }: AnswerWishes): AnswerCard {
  let stopTicking = () => {};
  const open = (sessionId: string, title = "Unlocked"): HTMLButtonElement => {
    stopTicking();
    byId("answer-title").textContent = title;
    const again = el("button", { type: "button", class: "small", id: "call-again" }, "Call again");
    again.addEventListener("click", () => void busy(again, () => callAgain(sessionId)));
    const more = el("button", { type: "button", class: "quiet small", id: "buy-more", onclick: buyMore }, "Buy again");
    // Where GET is not offered, a call is what a person makes up.
    const isCallable = !isBlind(data);
    const kept = el("span", { id: "content-tools", class: "row tight" });
    fill(byId("answer-tools"), ...(isCallable ? [again] : []), kept, ...(data.state === "active" ? [more] : []));
    const sendMade = (made: Made) => sendAndShow(made, sessionId).catch(fail);
    fill(byId("answer-more"), requestDetails(data, sendMade), curlDetails(data, sessionId));
    byId("left").className = "badge good";
    show(byId("answer"));
    return again;
  };
  return {
    show: async ({ session, upstream, expiresAt }) => {
      const content = await contentOf(upstream);
      const again = open(session.session_id_hex);
      present(content);
      tellFacts(upstream.status, upstream.content_type, ` Yours until ${whenOf(expiresAt)}.`);
      if (session.binding === "public") byId("answer-body").append(el("p", { class: "note" }, PUBLIC));
      stopTicking = tick(expiresAt, (leftSec) => {
        byId("left").textContent = leftSec > 0 ? `${clockOf(leftSec)} left` : "Time is over";
        if (leftSec > 0) return;
        byId("left").className = "badge";
        show(again, false);
      });
    },
    showWithout: (sessionId, words, title) => {
      open(sessionId, title);
      byId("left").textContent = "";
      byId("answer-facts").textContent = "";
      fill(byId("answer-body"), el("p", { class: "note" }, words));
    },
    close: () => {
      stopTicking();
      show(byId("answer"), false);
    },
  };
}

const PUBLIC =
  "This session was paid under its own id, which anyone can read on chain: others may use it as well until it ends.";

function present(content: Content): void {
  fill(byId("answer-body"), content.view);
  const { text } = content;
  fill(byId("content-tools"), ...(text === undefined ? [] : [copyButton(() => text)]), saveButton(content));
}

async function sendAndShow(made: Made, sessionId: string): Promise<void> {
  const response = await send(made, sessionId);
  present(await contentOfResponse(response));
  tellFacts(response.status, response.headers.get("content-type") ?? "");
  byId("answer-title").focus();
}

function tellFacts(status: number, contentType: string, more = ""): void {
  const type = contentType.split(";")[0] || "no type";
  byId("answer-facts").textContent = `Answered with status ${status}, ${type}.${more}`;
}

const SAVED_WITHIN_MS = 60_000;

function saveButton({ file, extension }: Content): HTMLElement {
  const save = () => {
    const href = URL.createObjectURL(file);
    el("a", { href, download: `answer.${extension}` }).click();
    // Not at once: the browser may only begin to read it.
    setTimeout(() => URL.revokeObjectURL(href), SAVED_WITHIN_MS);
  };
  return el("button", { type: "button", class: "quiet small", onclick: save }, "Download");
}
