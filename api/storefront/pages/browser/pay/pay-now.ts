import { fail, tell } from "../status.ts";
import type { Wallet } from "../wallet.ts";
import { DECLINED, WalletError } from "../wallet-error.ts";
import { arrive, follow } from "./arrive.ts";
import { isBlind } from "./ask.ts";
import { type Desk, turnTo } from "./desk.ts";
import type { Kept } from "./kept-sessions.ts";
import type { Choice } from "./offer.ts";
import { isDoneWell, isTaken, pay, prepare, priceOf } from "./payment.ts";
import type { Quote } from "./quote.ts";
import type { Step } from "./steps.ts";

/** Pays, and looks for the payment from the moment that it may exist, whatever the wallet tells. */
export async function payNow(desk: Desk, choice: Choice): Promise<void> {
  const { wallet, quote, way } = choice;
  await prepare(wallet, desk.data, quote);
  const isFirst = desk.kept.find(quote.session_id) === undefined;
  const session = keptOf(desk, choice);
  // Before anything is signed: a tab that is lost from here on loses nothing.
  desk.kept.put(session);
  const signal = turnTo(desk, session.sessionId);
  desk.offer?.setChoosing(false);
  desk.progress.open(way, session.price);
  if (!isBlind(desk.data)) void follow(desk, session, { signal, onPending: () => {} });
  try {
    const txHash = await pay({ data: desk.data, quote, wallet, way, signal, onStep: (step) => reach(desk, step) });
    desk.kept.change(session.sessionId, { txHash });
    await untilMined(desk, { wallet, txHash, quote, signal });
    if (isBlind(desk.data)) await arrive(desk, session.sessionId, { kind: "unasked" });
  } catch (error) {
    if (signal.aborted) return;
    if (isFirst && error instanceof WalletError && error.code === DECLINED) takeBack(desk, session.sessionId);
    else {
      desk.progress.steps.fail();
      offerToContinue(desk, choice, "Continue when you are ready. The contract takes this price only once.");
    }
    fail(error);
  }
}

function keptOf(desk: Desk, { quote, payableUntil, way }: Choice): Kept {
  return {
    sessionId: quote.session_id,
    startedAt: Date.now(),
    payableUntil,
    validForSec: quote.valid_for_sec,
    way,
    price: priceOf(desk.data, quote.amount_wei),
  };
}

/** The same price again: the contract takes it once, whatever became of the attempt before. */
export function offerToContinue(desk: Desk, choice: Omit<Choice, "wallet">, words: string): void {
  const { offer } = desk;
  const go = async () => {
    if (offer) await payNow(desk, { ...choice, wallet: await offer.wallet() });
  };
  if (offer && desk.data.state === "active") desk.progress.say(words, () => go().catch(fail));
  else desk.progress.say(words);
}

const SAID: Partial<Record<Step, string>> = {
  permit: "Your wallet asks you to sign.",
  allow: "Your wallet asks you to approve.",
  allowed: "Approved. Waiting for the block …",
  sign: "Your wallet asks you to confirm the payment.",
  mined: "Payment sent. Waiting for the block …",
  seen: "Paid. Waiting for it to be seen here …",
};

function reach(desk: Desk, step: Step): void {
  desk.progress.steps.reach(step);
  tell(SAID[step] ?? "");
}

/** Nothing was signed, so that there is nothing to look for. */
function takeBack(desk: Desk, sessionId: string): void {
  desk.kept.forget(sessionId);
  turnTo(desk, undefined);
  desk.progress.close();
  desk.offer?.setChoosing(true);
}

type Sent = { wallet: Wallet; txHash: string; quote?: Quote; signal: AbortSignal };

/** Tells how a transaction that was sent gets on. The server may see it first. @throws WalletError when it failed */
export async function untilMined(desk: Desk, { wallet, txHash, quote, signal }: Sent): Promise<void> {
  if (signal.aborted) return;
  reach(desk, "mined");
  const { explorerUrl } = desk.data.chain;
  if (explorerUrl) desk.progress.steps.link("mined", `${explorerUrl}/tx/${txHash}`);
  const isDone = async () => quote !== undefined && isTaken(wallet, quote);
  const isGood = await isDoneWell({ wallet, hash: txHash, signal }, isDone);
  if (signal.aborted) return;
  if (!isGood) throw new WalletError("The contract refused the payment. Nothing was paid but the network's fee.");
  reach(desk, "seen");
}
