import { byId, el } from "../dom.ts";
import { type Key, nameOf } from "./key.ts";
import { type Act, alterKey, makeKey, revokeKey, rotateKey } from "./key-dialogs.ts";
import { loaded } from "./loaded.ts";
import { pageQuery, pager } from "./pager.ts";
import { afterwards, type Desk, type Panel } from "./panel.ts";
import { badge, day, dollars, empty, facts, microUsdOf, moment } from "./shown.ts";

const LIMIT = 20;

/** The keys that spend the wallet's balance. */
export function keysPanel(desk: Desk): Panel {
  const list = byId("keys-list");
  const turn = (offset: number): Promise<void> =>
    loaded(list, () => keysPage(desk, { offset, go: (to) => void turn(to) }));
  const open = () => turn(0);
  byId("new-key").onclick = () => void afterwards(makeKey(desk), open);
  return { open };
}

type Turn = { offset: number; go(offset: number): void };

async function keysPage(desk: Desk, { offset, go }: Turn): Promise<Node[]> {
  // One more than is shown tells whether there are more.
  const path = `/api/v1/keys?${pageQuery({ limit: LIMIT + 1, offset })}`;
  const { keys } = await desk.account.ask<{ keys: Key[] }>("GET", path);
  const shown = keys.slice(0, LIMIT);
  if (shown.length === 0 && offset === 0)
    return [empty("No keys yet", "Press “New key”, and give it to a program that may spend your balance.")];
  return [
    el("div", { class: "cards" }, ...shown.map((key) => card(desk, key, () => go(offset)))),
    ...pager({ limit: LIMIT, offset, shown: shown.length, hasNext: keys.length > LIMIT, of: "keys", go }),
  ];
}

function card(desk: Desk, key: Key, changed: () => void): Node {
  const act = (text: string, verb: Act, look = "quiet small") => {
    const onclick = () => void afterwards(verb(desk, key), changed);
    return el("button", { type: "button", class: look, onclick, "aria-label": `${text} ${nameOf(key)}` }, text);
  };
  const acts = [act("Edit", alterKey), act("Rotate", rotateKey), act("Revoke", revokeKey, "danger small")];
  return el(
    "article",
    { class: key.revoked_at ? "card gone" : "card" },
    el("div", { class: "row apart" }, el("h3", {}, nameOf(key)), ...badgesOf(key)),
    facts(
      ["Key", el("code", {}, `${key.prefix}…`)],
      ["Spent", spending(key)],
      ["Made", day(key.created_at)],
      ["Last used", key.last_used_at ? moment(key.last_used_at) : "never"],
    ),
    ...(key.revoked_at ? [] : [el("div", { class: "row" }, ...acts)]),
  );
}

function badgesOf({ revoked_at, may_manage }: Key): Node[] {
  if (revoked_at) return [badge("Revoked", "bad")];
  return may_manage ? [badge("May manage", "warn")] : [badge("Active", "good")];
}

function spending({ spent_usd, cap_usd }: Key): Node {
  const spent = dollars(microUsdOf(spent_usd));
  if (cap_usd === null) return el("span", {}, `${spent}, no cap`);
  const words = `${spent} of ${dollars(microUsdOf(cap_usd))}`;
  return el("span", {}, words, el("progress", { value: spent_usd, max: cap_usd || 1, "aria-label": words }));
}
