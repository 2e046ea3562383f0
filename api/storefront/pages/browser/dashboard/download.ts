import { busy, el } from "../dom.ts";
import { fail } from "../status.ts";
import type { Account } from "./account.ts";

type Wanted = { readonly label: string; readonly path: string };

/** A button that saves what `path` answers: a plain link would not carry the sign-in. */
export function download(account: Account, { label, path }: Wanted): HTMLButtonElement {
  const button = el("button", { type: "button", class: "quiet small" }, label);
  button.addEventListener("click", () =>
    busy(button, async () => {
      try {
        const { name, content } = await account.file(path);
        const url = URL.createObjectURL(content);
        el("a", { href: url, download: name }).click();
        URL.revokeObjectURL(url);
      } catch (error) {
        fail(error);
      }
    }),
  );
  return button;
}
