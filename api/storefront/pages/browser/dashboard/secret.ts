import { copyButton } from "../copy-button.ts";
import { el } from "../dom.ts";
import { opened } from "./dialog.ts";

type Shown = { readonly title: string; readonly secret: string; readonly words: string };

/** Shows what is told once. It goes when its reader says that he has it, and not by a slip. */
export function showSecret({ title, secret, words }: Shown): Promise<void> {
  return new Promise((resolve) => {
    const dialog = opened(
      "secret-title",
      title,
      el("p", {}, words),
      el("pre", { class: "wrapped secret" }, secret),
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
