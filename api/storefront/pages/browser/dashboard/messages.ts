import { el, fill } from "../dom.ts";
import { loaded } from "./loaded.ts";
import { pageQuery, pager } from "./pager.ts";
import type { Desk } from "./panel.ts";
import { badge, empty, moment, type Tone } from "./shown.ts";

type Message = {
  direction: "outbound" | "inbound";
  from: string;
  to: string;
  message: string;
  status: string;
  createdAt: string;
};

const LIMIT = 20;

/** While a text is on its way the list is asked for again, so often and no more: calls are limited. */
const LOOKS = 12;
const LOOK_MS = 4_000;
const ON_THE_WAY = ["queued", "sent"];

const TONES: Record<string, Tone> = { delivered: "good", received: "good", failed: "bad", undelivered: "bad" };

export type MessageList = {
  readonly element: HTMLElement;
  open(): Promise<void>;
  /** The lines whose messages can be looked at alone. */
  offer(phoneNumbers: readonly string[]): void;
};

/** What went out of the wallet's lines and came in, newest first; of one line, where one is chosen. */
export function messageList(desk: Desk): MessageList {
  const list = el("div", { tabindex: -1 });
  const which = el("select", { id: "messages-of" });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const turn = async (offset: number, looksLeft = LOOKS): Promise<void> => {
    clearTimeout(timer);
    let isMoving = false;
    await loaded(list, async () => {
      const found = await messagesPage(desk, { offset, phoneNumber: which.value, go: (to) => void turn(to) });
      isMoving = found.isMoving;
      return found.nodes;
    });
    const lookAgain = () => void (list.checkVisibility() && turn(offset, looksLeft - 1));
    if (isMoving && looksLeft > 0) timer = setTimeout(lookAgain, LOOK_MS);
  };
  which.addEventListener("change", () => void turn(0));
  const filter = el("div", { class: "filter" }, el("label", { for: "messages-of" }, "Of"), which);
  const head = el("div", { class: "row apart" }, el("h3", {}, "Messages"), filter);
  return {
    element: el("section", { "aria-label": "Messages" }, head, list),
    open: () => turn(0),
    offer: (phoneNumbers) => {
      const chosen = which.value;
      fill(which, ...["", ...phoneNumbers].map((value) => el("option", { value }, value || "all lines")));
      which.value = phoneNumbers.includes(chosen) ? chosen : "";
    },
  };
}

type Found = { readonly nodes: Node[]; readonly isMoving: boolean };
type Turn = { offset: number; phoneNumber: string; go(offset: number): void };

async function messagesPage({ account }: Desk, { offset, phoneNumber, go }: Turn): Promise<Found> {
  const line = phoneNumber && `phoneNumber=${encodeURIComponent(phoneNumber)}&`;
  const path = `/api/v1/numbers/mine/messages?${line}${pageQuery({ limit: LIMIT + 1, offset })}`;
  const { messages } = await account.ask<{ messages: Message[] }>("GET", path);
  const shown = messages.slice(0, LIMIT);
  if (shown.length === 0 && offset === 0) return { nodes: [nothingYet()], isMoving: false };
  const nodes = [
    el("ul", { class: "messages", role: "list" }, ...shown.map(item)),
    ...pager({ limit: LIMIT, offset, shown: shown.length, hasNext: messages.length > LIMIT, of: "messages", go }),
  ];
  return { nodes, isMoving: shown.some(({ status }) => ON_THE_WAY.includes(status)) };
}

const nothingYet = (): Node =>
  empty("No messages yet", "What you send from your lines, and what comes in, is listed here.");

function item({ direction, from, to, message, status, createdAt }: Message): Node {
  return el(
    "li",
    { class: direction },
    el("p", { class: "message-text" }, message),
    el("p", { class: "quietly" }, `${from} → ${to} · `, moment(createdAt), " ", badge(status, TONES[status])),
  );
}
