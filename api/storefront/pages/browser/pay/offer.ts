import { readable } from "../amount.ts";
import { busy, byId, el, fill, show } from "../dom.ts";
import { clockOf, durationOf } from "../duration.ts";
import { clear, fail, tell } from "../status.ts";
import { connectWallet, rememberedWallet, type Wallet } from "../wallet.ts";
import { ask } from "./ask.ts";
import type { PayData } from "./data.ts";
import { priceOf, type Way } from "./payment.ts";
import { isSamePrice, type Quote } from "./quote.ts";
import { tick } from "./ticker.ts";

export type Offer = {
  /** Shows the offer, with a new price unless the one that is there can still be paid. */
  open(): Promise<void>;
  close(): void;
  /** The wallet, connected by now. @throws WalletError */
  wallet(): Promise<Wallet>;
  /** The wallet, if it is connected: asks its owner nothing. */
  walletHere(): Wallet | undefined;
  /** Shows or hides the button and what is chosen with it. */
  setChoosing(isChoosing: boolean): void;
};

/** What a payment takes to get into a block: one that comes too late is refused there, and costs a fee. */
const SPARE_MS = 20_000;

export type Choice = { wallet: Wallet; quote: Quote; payableUntil: number; way: Way };

/** The card with the price, and the button below it. `onPay` is called when a person wants to pay what is shown. */
export function createOffer(data: PayData, onPay: (choice: Choice) => Promise<void>): Offer {
  const button = byId<HTMLButtonElement>("pay");
  let quote: Quote | undefined;
  let payableUntil = 0;
  let wallet: Wallet | undefined;
  let stopTicking = () => {};

  const isOver = () => quote !== undefined && Date.now() >= payableUntil - SPARE_MS;
  const label = () => {
    button.disabled = quote === undefined;
    if (!quote) return;
    if (isOver()) button.textContent = "Get a new price";
    else button.textContent = wallet ? `Pay ${priceOf(data, quote.amount_wei)}` : "Connect wallet";
  };
  const showWallet = () => {
    const line = byId("wallet-line");
    show(line, wallet !== undefined);
    if (wallet) fill(line, ...walletWords(wallet, () => void connect(true)));
    label();
  };
  const setWallet = (connected: Wallet | undefined) => {
    wallet = connected;
    connected?.on("accountsChanged", () => void rememberedWallet().then(setWallet));
    showWallet();
  };
  const connect = async (anew = false) => {
    try {
      setWallet(await connectWallet({ anew }));
      clear();
    } catch (error) {
      fail(error);
    }
  };
  const use = (next: Quote, until: number) => {
    const before = quote;
    quote = next;
    payableUntil = until;
    if (before && !isSamePrice(before, next)) tell("The price has changed. Look at it again before you pay.");
    showQuote(data, next);
    stopTicking();
    stopTicking = tick(until - SPARE_MS, (leftSec) => {
      byId("holds").textContent = leftSec > 0 ? `for ${clockOf(leftSec)} more` : "no more: it has run out";
      if (leftSec === 0) label();
    });
    label();
  };
  const refresh = async () => {
    const said = await ask(data);
    if (said.kind === "quote") use(said.quote, said.payableUntil);
  };
  const press = async () => {
    clear();
    if (isOver()) return refresh();
    if (!wallet) return connect();
    if (quote) await onPay({ wallet, quote, payableUntil, way: chosenWay(quote) });
  };
  button.addEventListener("click", () => void busy(button, () => press().catch(fail)));
  void rememberedWallet().then(setWallet);

  return {
    open: async () => {
      show(byId("offer"));
      label();
      if (!quote || isOver()) await refresh();
    },
    close: () => show(byId("offer"), false),
    wallet: async () => {
      if (!wallet) setWallet(await connectWallet());
      return wallet as Wallet;
    },
    walletHere: () => wallet,
    setChoosing: (isChoosing) => {
      show(button, isChoosing);
      show(byId("ways"), isChoosing && quote?.calls.erc20_permit !== undefined);
      for (const each of byId("offer").querySelectorAll<HTMLElement>(".plain")) show(each, isChoosing);
    },
  };
}

function chosenWay({ calls }: Quote): Way {
  if (calls.native) return "native";
  const chosen = document.querySelector<HTMLInputElement>('input[name="way"]:checked');
  return calls.erc20_permit && chosen?.value === "permit" ? "permit" : "approve";
}

function showQuote(data: PayData, quote: Quote): void {
  const { decimals, symbol } = data.token;
  const amount = BigInt(quote.amount_wei);
  const feeWei = (amount * BigInt(quote.fee_bps)) / 10_000n;
  const written = (wei: bigint) => `${decimals === null ? wei : readable(wei, decimals)} ${symbol}`;
  byId("price").textContent = written(amount);
  byId("buys").textContent = durationOf(quote.valid_for_sec);
  byId("merchant").textContent = quote.merchant_wallet;
  byId("fee").textContent =
    feeWei === 0n
      ? "none"
      : `${written(feeWei)} of it (${quote.fee_bps / 100} %); the merchant gets ${written(amount - feeWei)}`;
  show(byId("ways"), quote.calls.erc20_permit !== undefined);
}

function walletWords({ name, address }: Wallet, useAnother: () => void): (Node | string)[] {
  const short = el("code", { title: address }, `${address.slice(0, 6)}…${address.slice(-4)}`);
  const another = el("button", { type: "button", class: "plain", onclick: useAnother }, "Use another wallet");
  return [`${name} pays from `, short, " ", another];
}
