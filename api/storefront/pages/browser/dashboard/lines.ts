import { byId, el } from "../dom.ts";
import { buyLine, renewLine } from "./buy-line.ts";
import type { Line } from "./line.ts";
import { loaded } from "./loaded.ts";
import { type MessageList, messageList } from "./messages.ts";
import { pageQuery, pager } from "./pager.ts";
import { afterwards, type Desk, type Panel } from "./panel.ts";
import { sendText } from "./send-text.ts";
import { badge, count, day, dollars, empty, facts, microUsdOf, type Tone } from "./shown.ts";

const LIMIT = 20;

const STATUS: Record<Line["status"], readonly [string, Tone]> = {
  active: ["Active", "good"],
  expired: ["Ended", "warn"],
  suspended: ["Lost: the chain took its payment back", "bad"],
};

/** The wallet's lines, and what went out of them and came in. */
export function linesPanel(desk: Desk): Panel {
  const list = byId("lines-list");
  const all = byId<HTMLInputElement>("lines-all");
  const cards = el("div", { tabindex: -1 });
  const messages = messageList(desk);
  messages.offer([]);
  const turn = (offset: number): Promise<void> =>
    loaded(cards, () => linesPage(desk, { offset, all: all.checked, open, go: (to) => void turn(to), messages }));
  const open = (): Promise<void> =>
    loaded(list, async () => {
      if (!desk.data.hasLines) return [empty("No lines are sold here", "The operator has not set up a phone carrier.")];
      await Promise.all([turn(0), messages.open()]);
      return [cards, messages.element];
    });
  all.onchange = () => void turn(0);
  byId("buy-line").hidden = !desk.data.hasLines;
  byId("buy-line").onclick = () => void afterwards(buyLine(desk), open);
  return { open };
}

type Turn = {
  readonly offset: number;
  readonly all: boolean;
  open(): Promise<void>;
  readonly messages: MessageList;
  go(offset: number): void;
};

async function linesPage(desk: Desk, { offset, all, open, go, messages }: Turn): Promise<Node[]> {
  // One more than is shown tells whether there are more.
  const page = { limit: LIMIT + 1, offset };
  const path = `/api/v1/numbers/mine?all=${all}&${pageQuery(page)}`;
  const { numbers } = await desk.account.ask<{ numbers: Line[] }>("GET", path);
  const shown = numbers.slice(0, LIMIT);
  if (shown.length === 0 && offset === 0) return [nothingYet(desk, all)];
  messages.offer(shown.map(({ phoneNumber }) => phoneNumber));
  return [
    el("div", { class: "cards" }, ...shown.map((line) => card(desk, line, open))),
    ...pager({ limit: LIMIT, offset, shown: shown.length, hasNext: numbers.length > LIMIT, of: "lines", go }),
  ];
}

const nothingYet = ({ data }: Desk, all: boolean): Node =>
  empty(
    "No lines",
    ...(all ? [] : ["One that has ended can be renewed for a week: tick “Show ended lines”. ", el("br")]),
    `Press “Get a line”: ${dollars(microUsdOf(data.line.priceUsd))} in USDC buy a phone number of your own for ${data.line.days} days, with ${count(data.line.texts, "text")}.`,
  );

function card(desk: Desk, line: Line, changed: () => Promise<void>): Node {
  const { phoneNumber, country, expiresAt, status, includedTextsLeft, renewableUntil } = line;
  const [words, tone] = STATUS[status];
  const isRenewable = status !== "suspended" && Date.parse(renewableUntil) > Date.now();
  const send = () => void afterwards(sendText(desk, line), changed);
  const renew = () => void afterwards(renewLine(desk, phoneNumber), changed);
  const price = dollars(microUsdOf(desk.data.line.renewalUsd));
  return el(
    "article",
    { class: "card" },
    el("div", { class: "row apart" }, el("h3", { class: "number" }, phoneNumber), badge(words, tone)),
    facts(
      ["Country", countryName(country)],
      [status === "active" ? "Yours until" : "Ended", day(expiresAt)],
      ...(status === "expired" && isRenewable ? ([["Kept for you until", day(renewableUntil)]] as const) : []),
      ["Included texts", `${count(includedTextsLeft, "text")} left`],
    ),
    el(
      "div",
      { class: "row" },
      ...(status === "active" ? [el("button", { type: "button", class: "small", onclick: send }, "Send a text")] : []),
      ...(isRenewable
        ? [el("button", { type: "button", class: "quiet small", onclick: renew }, `Renew for ${price}`)]
        : []),
    ),
  );
}

const NAMES = new Intl.DisplayNames(undefined, { type: "region" });

const countryName = (code: string): string => NAMES.of(code) ?? code;
