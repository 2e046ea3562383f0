import { el } from "./dom.ts";

const SHOWN_MS = 2_000;

/** Copies what `text` gives when it is pressed, and says so in its own words. */
export function copyButton(text: () => string, label = "Copy"): HTMLButtonElement {
  const button = el("button", { type: "button", class: "quiet small", "aria-live": "polite" }, label);
  button.addEventListener("click", async () => {
    // Without https there is no clipboard.
    const isCopied = await Promise.resolve(navigator.clipboard?.writeText(text())).then(
      () => navigator.clipboard !== undefined,
      () => false,
    );
    button.textContent = isCopied ? "Copied" : "Select it and copy by hand";
    setTimeout(() => {
      button.textContent = label;
    }, SHOWN_MS);
  });
  return button;
}
