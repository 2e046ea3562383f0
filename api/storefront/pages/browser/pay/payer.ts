import { byId, el, fill, show } from "../dom.ts";
import { shortHex } from "../short-hex.ts";
import { clear, fail } from "../status.ts";
import { connectWallet, rememberedWallet, type Wallet } from "../wallet.ts";

/** Whose wallet pays, as the page tells it. */
export type Payer = {
  /** If it is connected: asks its owner nothing. */
  wallet(): Wallet | undefined;
  /** Asks for it. @throws WalletError */
  connect(): Promise<Wallet>;
};

/** The line that says which wallet pays; `onChange` is called when it is another. */
export function createPayer(onChange: () => void): Payer {
  let wallet: Wallet | undefined;
  const heard = new Set<string>();
  const set = (connected: Wallet | undefined) => {
    wallet = connected;
    // Another account, or none any more.
    if (connected && !heard.has(connected.name))
      connected.on("accountsChanged", () => void rememberedWallet().then(set));
    if (connected) heard.add(connected.name);
    const line = byId("wallet-line");
    show(line, wallet !== undefined);
    if (wallet) fill(line, ...wordsOf(wallet, () => void change()));
    onChange();
  };
  const connect = async (anew = false) => {
    const connected = await connectWallet({ anew });
    set(connected);
    return connected;
  };
  const change = () => connect(true).then(clear, fail);
  void rememberedWallet().then(set);
  return { wallet: () => wallet, connect: () => connect() };
}

function wordsOf({ name, address }: Wallet, useAnother: () => void): (Node | string)[] {
  const short = el("code", { title: address }, shortHex(address));
  const another = el("button", { type: "button", class: "plain", onclick: useAnother }, "Use another wallet");
  return [`${name} pays from `, short, " ", another];
}
