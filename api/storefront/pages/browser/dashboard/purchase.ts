import { Refusal } from "../api.ts";
import { el } from "../dom.ts";
import { fail } from "../status.ts";
import { connectWallet, rememberedWallet, type Wallet } from "../wallet.ts";
import { type Offer, offerOf, pay, sign, type Wish } from "../x402.ts";
import { asked } from "./dialog.ts";
import type { Desk } from "./panel.ts";
import { dollars, facts } from "./shown.ts";
import { forgetUnfinished, type Kind, keepUnfinished, type Unfinished, unfinishedOf } from "./unfinished.ts";

export type Purchase = Wish & {
  readonly kind: Kind;
  readonly title: string;
};

/**
 * Buys something with the wallet: what it costs and to whom it goes is shown first, then one signature pays. Undefined
 * when that was called off, or cannot be, which is told.
 */
export async function purchased<T>(desk: Desk, purchase: Purchase): Promise<T | undefined> {
  try {
    return await bought(desk, purchase);
  } catch (error) {
    fail(error);
    return undefined;
  } finally {
    desk.offerToResume();
  }
}

async function bought<T>(desk: Desk, purchase: Purchase): Promise<T | undefined> {
  const { account } = desk;
  assertNoneOpen(account.address);
  const offer = await account.watched(offerOf<T>(purchase, credentialsOf(desk, purchase.kind)));
  if ("kind" in offer) return offer.answer;
  const wallet = await ownWallet(account.address);
  const progress = progressLine();
  let signed: Unfinished | undefined;
  return asked<T>({
    title: purchase.title,
    intro: [el("p", {}, offer.description), termsOf(desk, offer), progress.line],
    action: `Pay ${dollars(offer.amount)}`,
    work: async (_values, signal) => {
      signed ??= await signedBy(desk, { wallet, purchase, agreed: offer, tell: progress.tell, signal });
      try {
        return await finished<T>(desk, signed, progress.tell);
      } catch (error) {
        if (isFinal(error)) signed = undefined;
        progress.tell("");
        throw error;
      }
    },
  });
}

/** Goes on where a reload or a lost tab has cut off a purchase; it is paid once at most. */
export function resumed<T>(desk: Desk, purchase: Unfinished): Promise<T | undefined> {
  const progress = progressLine();
  return asked<T>({
    title: purchase.title,
    intro: [
      "You have signed this payment, and its answer did not arrive here. Nothing is signed or paid again.",
      progress.line,
    ],
    action: "Ask for the answer",
    work: () => finished<T>(desk, purchase, progress.tell),
  });
}

/** One at a time, also of several tabs: what is kept of one would be lost with the next. */
function assertNoneOpen(address: string): void {
  const open = unfinishedOf(address);
  if (open) throw new Error(`“${open.title}” is not finished: see first what became of it.`);
}

type Signing = { wallet: Wallet; purchase: Purchase; agreed: Offer; tell(words: string): void; signal: AbortSignal };

async function signedBy(desk: Desk, { wallet, purchase, agreed, tell, signal }: Signing): Promise<Unfinished> {
  // The time to sign starts now, and what has changed meanwhile was not agreed to.
  const offer = await desk.account.watched(offerOf(purchase, credentialsOf(desk, purchase.kind)));
  if ("kind" in offer || !isSame(offer, agreed)) throw new Error("The offer has changed. Close this and look again.");
  tell("Open your wallet and sign.");
  if (desk.data.paidOn) await wallet.ensureChain(desk.data.paidOn);
  const { kind, title } = purchase;
  const signed: Unfinished = { ...(await sign(wallet, bare(purchase), offer)), kind, title };
  // Called off while the wallet was open: what is not sent costs nothing.
  signal.throwIfAborted();
  assertNoneOpen(desk.account.address);
  keepUnfinished(signed);
  return signed;
}

const isSame = (one: Offer, other: Offer): boolean => JSON.stringify(one.accepted) === JSON.stringify(other.accepted);

const bare = ({ path, body }: Wish): Wish => ({ path, ...(body !== undefined && { body }) });

async function finished<T>(desk: Desk, signed: Unfinished, tell: (words: string) => void): Promise<T> {
  try {
    for (;;) {
      tell("Signed. The payment is being settled on chain…");
      const outcome = await desk.account.watched(pay<T>(signed, credentialsOf(desk, signed.kind)));
      if (outcome.kind === "bought") {
        forgetUnfinished(signed);
        return outcome.answer;
      }
      await new Promise((resolve) => setTimeout(resolve, outcome.retryAfterSec * 1000));
    }
  } catch (error) {
    if (isFinal(error)) forgetUnfinished(signed);
    throw inWords(error);
  }
}

/** A top-up that names a sign-in would make a key that opens the whole account. */
const credentialsOf = ({ account }: Desk, kind: Kind) => (kind === "top-up" ? {} : { bearer: account.token });

/** Whether the same payment need not be sent again. */
const isFinal = (error: unknown): boolean =>
  error instanceof Refusal &&
  (error.code === "provider_failed" ||
    (error.status >= 400 && error.status < 500 && ![408, 429].includes(error.status)));

const REASONS: Record<string, string> = {
  insufficient_funds: "This wallet does not hold enough USDC. Nothing was charged.",
  expired: "The signature came too late. Nothing was charged: try again.",
  invalid_signature: "Your wallet's signature does not fit. Nothing was charged.",
};

function inWords(error: unknown): unknown {
  if (!(error instanceof Refusal)) return error;
  const { details } = (error.body ?? {}) as { details?: { reason?: string } };
  const words = REASONS[details?.reason ?? ""];
  return words ? new Refusal(words, { ...error, retryAfterSec: error.retryAfterSec }) : error;
}

/** What is bought here belongs to who pays: another account of the wallet would buy it for itself. */
async function ownWallet(address: string): Promise<Wallet> {
  const isOwn = (wallet: Wallet | undefined) => wallet?.address.toLowerCase() === address.toLowerCase();
  const remembered = await rememberedWallet();
  if (remembered && isOwn(remembered)) return remembered;
  const wallet = await connectWallet();
  if (isOwn(wallet)) return wallet;
  throw new Error(
    `Your wallet shares ${wallet.address}, and you are signed in as ${address}. Choose that account in your wallet.`,
  );
}

const termsOf = ({ account, data }: Desk, { amount, payTo }: Offer): Node =>
  facts(
    ["You pay", `${dollars(amount)} in USDC`],
    ["On", data.paidOn?.name ?? ""],
    ["From", el("code", {}, account.address)],
    ["To", el("code", {}, payTo)],
    ["Network fee", "none for you"],
  );

function progressLine() {
  const line = el("p", { class: "status", role: "status" });
  return {
    line,
    tell: (words: string) => {
      line.textContent = words;
    },
  };
}
