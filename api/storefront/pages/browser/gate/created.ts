import { copyButton } from "../copy-button.ts";
import { byId, el, fill, hide, show } from "../dom.ts";

/** Kept with the page over a reload, and not in its address: a link from somebody else would show his API as one's own. */
type Kept = { readonly apiId: string };

/** The API that was created before a reload. */
export const createdBefore = (): string | undefined => (history.state as Kept | null)?.apiId;

/** Shows where the new API is, instead of the form. */
export function showCreated(apiId: string, publicUrl: string): void {
  history.replaceState({ apiId } satisfies Kept, "");
  const page = `${publicUrl}/${apiId}`;
  const api = `${publicUrl}/api/${apiId}`;
  const section = byId("created");
  fill(
    section,
    el(
      "div",
      { class: "card" },
      el("h2", { id: "created-title" }, "Your API is on sale"),
      el("p", {}, "Whoever has one of these can pay for it."),
      row("For people: a page to pay on", el("a", { href: page, id: "page-link" }, page), page),
      row("For programs: its address", el("code", { id: "api-url" }, api), api),
      row("Try it: what a caller is asked for", el("code", { id: "curl" }, `curl -i ${api}`), `curl -i ${api}`),
    ),
    el(
      "div",
      { class: "row" },
      el("a", { class: "button", href: page }, "Open its page"),
      el("a", { class: "button quiet", href: "/dashboard#apis" }, "Manage it"),
      el("button", { type: "button", class: "quiet", onclick: startOver }, "Create another"),
    ),
  );
  hide(byId("lead"));
  hide(byId("gate"));
  show(section);
  section.focus();
}

function row(label: string, shown: HTMLElement, text: string): HTMLElement {
  return el(
    "div",
    { class: "made" },
    el("h3", {}, label),
    el(
      "div",
      { class: "row" },
      shown,
      copyButton(() => text),
    ),
  );
}

/** A fresh page: secrets that were typed are nowhere any more. */
function startOver(): void {
  history.replaceState(null, "");
  location.reload();
}
