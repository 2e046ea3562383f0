import { el } from "./dom.ts";
import type { WalletHere } from "./wallets-here.ts";

/** Lets a person pick one of several wallets; undefined when he closes the dialog. */
export function chooseWallet(wallets: readonly WalletHere[]): Promise<WalletHere | undefined> {
  return new Promise((resolve) => {
    let chosen: WalletHere | undefined;
    const pick = (wallet: WalletHere) => () => {
      chosen = wallet;
      dialog.close();
    };
    const dialog = el(
      "dialog",
      { id: "wallet-chooser", class: "chooser", "aria-labelledby": "wallet-chooser-title" },
      el("h2", { id: "wallet-chooser-title" }, "Choose your wallet"),
      el("ul", { role: "list" }, ...wallets.map((wallet) => el("li", {}, choice(wallet, pick(wallet))))),
      el("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Cancel"),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(chosen);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

function choice({ name, icon }: WalletHere, onclick: () => void): HTMLElement {
  const picture = icon ? [el("img", { src: icon, alt: "", width: 28, height: 28 })] : [];
  return el("button", { type: "button", class: "choice", onclick }, ...picture, name);
}
