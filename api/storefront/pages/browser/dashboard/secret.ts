import { copyButton } from "../copy-button.ts";
import { el } from "../dom.ts";
import { opened } from "./dialog.ts";

type Shown = { readonly title: string; readonly secret: string; readonly words: string };

/** Shows what is told once. It goes when its reader says that he has it, and not by a slip. */
export function showSecret({ title, secret, words }: Shown): Promise<void> {
  return new Promise((resolve) => {
    const field = el("input", { id: "secret", class: "mono", readonly: true, value: secret, "aria-label": "API key" });
    field.addEventListener("focus", () => field.select());
    const dialog = opened(
      "secret-title",
      title,
      el("p", {}, words),
      el("div", { class: "field" }, field),
      el(
        "div",
        { class: "row" },
        copyButton(() => secret),
        el("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "I have kept it"),
      ),
    );
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve();
    });
  });
}
