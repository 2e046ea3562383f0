import { readable } from "../amount.ts";
import { busy, byId, show } from "../dom.ts";
import { clockOf, durationOf } from "../duration.ts";
import { clear, fail, tell } from "../status.ts";
import type { Wallet } from "../wallet.ts";
import { ask } from "./ask.ts";
import type { PayData } from "./data.ts";
import { createPayer } from "./payer.ts";
import { priceOf, type Way } from "./payment.ts";
import { isOfToken, isSamePrice, type Quote } from "./quote.ts";
import { tick } from "./ticker.ts";

export type Offer = {
  /** Shows the offer, with a new price unless the one that is there can still be paid, and lets a person choose. */
  open(): Promise<void>;
  /** Shows the price that is being paid. */
  use(quote: Quote, payableUntil: number): void;
  /** Hides it, and forgets its price: it may have been paid. */
  close(): void;
  /** The wallet, connected by now. @throws WalletError */
  wallet(): Promise<Wallet>;
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
  let isChoosing = true;
  let isAsking = true;
  let stopTicking = () => {};

  const payable = () => (Date.now() < payableUntil - SPARE_MS ? quote : undefined);
  const asks = () => {
    const now = payable();
    if (!now) return "Get a new price";
    return payer.wallet() ? `Pay ${priceOf(data, now.amount_wei)}` : "Connect wallet";
  };
  const label = () => {
    for (const each of [button, ...byId("offer").querySelectorAll<HTMLElement>(".plain")]) show(each, isChoosing);
    show(byId("ways"), isChoosing && quote?.calls.erc20_permit !== undefined);
    button.disabled = quote === undefined && isAsking;
    if (!button.disabled) button.textContent = asks();
  };
  const payer = createPayer(label);
  const use = (next: Quote, until: number) => {
    if (!isOfToken(next, data.token.address)) throw new Error("The terms have changed. Load this page again.");
    const before = quote;
    quote = next;
    payableUntil = until;
    if (before && !isSamePrice(before, next)) tell("The price has changed. Look at it again before you pay.");
    showQuote(data, next);
    stopTicking();
    stopTicking = tick(until - SPARE_MS, (leftSec) => {
      byId("holds").textContent = leftSec > 0 ? `for ${clockOf(leftSec)} more` : "no more, it has run out";
      if (leftSec === 0) label();
    });
    label();
  };
  const refresh = async () => {
    isAsking = true;
    try {
      const said = await ask(data);
      if (said.kind === "quote") use(said.quote, said.payableUntil);
    } finally {
      isAsking = false;
      label();
    }
  };
  const press = async () => {
    clear();
    const now = payable();
    if (!now) return refresh();
    const wallet = payer.wallet();
    if (!wallet) return void (await payer.connect());
    await onPay({ wallet, quote: now, payableUntil, way: chosenWay(now) });
  };
  const setChoosing = (isNow: boolean) => {
    isChoosing = isNow;
    label();
  };
  button.addEventListener("click", () => void busy(button, () => press().catch(fail)));

  return {
    open: async () => {
      show(byId("offer"));
      setChoosing(true);
      if (!payable()) await refresh();
    },
    use,
    close: () => {
      stopTicking();
      quote = undefined;
      show(byId("offer"), false);
    },
    wallet: async () => payer.wallet() ?? payer.connect(),
    setChoosing,
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
  byId("contract").textContent = quote.contract;
}
