import { copyButton } from "./copy-button.ts";
import { el } from "./dom.ts";

/** What is to be typed can be copied; what is answered cannot. */
for (const block of document.querySelectorAll("pre:is(.sh, .js)")) {
  const text = block.textContent ?? "";
  const frame = el("div", { class: "copied-from" });
  block.replaceWith(frame);
  frame.append(
    block,
    copyButton(() => text),
  );
}
