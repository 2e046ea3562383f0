import { copyButton } from "../copy-button.ts";
import { byId, el, fill, hide, show } from "../dom.ts";

const API_ID = /^#([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** The API that was created before a reload: its id stays in the page's address. */
export const createdBefore = (): string | undefined => API_ID.exec(location.hash)?.[1];

/** Shows where the new API is, instead of the form. */
export function showCreated(apiId: string, publicUrl: string): void {
  history.replaceState(null, "", `#${apiId}`);
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
  history.replaceState(null, "", location.pathname);
  location.reload();
}
