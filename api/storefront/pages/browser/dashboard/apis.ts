import { copyButton } from "../copy-button.ts";
import { byId, el } from "../dom.ts";
import { durationOf } from "../duration.ts";
import { deleteApi, editApi, switchApi, switchListing } from "./api-dialogs.ts";
import { earnings } from "./earnings.ts";
import { loaded } from "./loaded.ts";
import { amountOf, type MaskedApi, titleOf } from "./masked-api.ts";
import { pager } from "./pager.ts";
import type { Desk, Panel } from "./panel.ts";
import { badge, empty, facts } from "./shown.ts";
import { learnTokens, tokenOf } from "./tokens.ts";

/** What the wallet has put on sale. */
export function apisPanel(desk: Desk): Panel {
  const list = byId("apis-list");
  const turn = (offset: number): Promise<void> =>
    loaded(list, () => apisPage(desk, { offset, go: (to) => void turn(to) }));
  return { open: () => turn(0) };
}

type Turn = { offset: number; go(offset: number): void };

async function apisPage(desk: Desk, { offset, go }: Turn): Promise<Node[]> {
  const limit = desk.data.limits.api.page;
  const { data: apis } = await desk.account.ask<{ data: MaskedApi[] }>("GET", `/api/402/apis?offset=${offset}`);
  if (apis.length === 0 && offset === 0) return [nothingYet()];
  await learnTokens(
    desk,
    apis.map(({ token_address }) => token_address),
  );
  return [
    el("div", { class: "cards wide" }, ...apis.map((api) => card(desk, api))),
    ...pager({ limit, offset, shown: apis.length, hasNext: apis.length === limit, of: "APIs", go }),
  ];
}

const nothingYet = (): Node =>
  empty(
    "Nothing on sale yet",
    "Hide an API behind a price at ",
    el("a", { href: "/gate" }, "Create"),
    ": whoever pays this wallet can call it for a time.",
  );

/** Stands for one API and is replaced when something about it changes, so that nothing else moves. */
function card(desk: Desk, api: MaskedApi): HTMLElement {
  const title = titleOf(api);
  const changed = (now: MaskedApi | undefined) => {
    if (!now) return;
    const next = now.status === "deleted" ? el("p", { class: "note" }, `${title} is deleted.`) : card(desk, now);
    element.replaceWith(next);
    next.tabIndex = -1;
    next.focus();
  };
  const act = (text: string, verb: () => Promise<MaskedApi | undefined>, look = "quiet small") =>
    el(
      "button",
      { type: "button", class: look, onclick: () => void verb().then(changed), "aria-label": `${text}: ${title}` },
      text,
    );
  const element = el(
    "article",
    { class: "card" },
    el("div", { class: "row apart" }, el("h3", {}, title), el("span", { class: "row" }, ...badgesOf(api))),
    ...(api.description ? [el("p", {}, api.description)] : []),
    factsOf(desk, api),
    el(
      "div",
      { class: "row" },
      act("Edit", () => editApi(desk, api)),
      act(api.status === "paused" ? "Resume" : "Pause", () => switchApi(desk, api)),
      act(api.is_listed ? "Unlist" : "List publicly", () => switchListing(desk, api)),
      act("Delete", () => deleteApi(desk, api), "danger small"),
    ),
    sales(desk, api),
  );
  return element;
}

const badgesOf = ({ status, is_listed }: MaskedApi): Node[] => [
  status === "paused" ? badge("Paused", "warn") : badge("On sale", "good"),
  ...(is_listed ? [badge("Listed")] : []),
];

function factsOf(desk: Desk, { apiId, api_url, amount_wei, token_address, valid_for_sec }: MaskedApi): Node {
  const price = amountOf(BigInt(amount_wei), tokenOf(desk, token_address));
  // Where the shop calls itself home, whatever the address that it is looked at under.
  const page = new URL(`../${apiId}`, api_url).href;
  return facts(
    ["Price", `${price} for ${durationOf(valid_for_sec)}`],
    [
      "Page to pay",
      el(
        "span",
        { class: "copied" },
        el("a", { href: page }, page),
        copyButton(() => page),
      ),
    ],
    [
      "For programs",
      el(
        "span",
        { class: "copied" },
        el("code", {}, api_url),
        copyButton(() => api_url),
      ),
    ],
  );
}

/** Asked for only when somebody looks. */
function sales(desk: Desk, api: MaskedApi): HTMLElement {
  const into = el("div", { tabindex: -1 });
  const details = el("details", {}, el("summary", {}, "Calls, payers and earnings"), into);
  details.addEventListener("toggle", () => {
    if (details.open) void loaded(into, () => earnings(desk, api));
  });
  return details;
}
