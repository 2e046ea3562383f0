import { readable } from "../amount.ts";
import type { Wallet } from "../wallet.ts";
import { WalletError } from "../wallet-error.ts";
import { balanceOf, checkChain, hexOf, readNumber, rehearse } from "./chain-look.ts";
import type { PayData } from "./data.ts";
import { permitted } from "./permit.ts";
import type { Quote, ReadyCall } from "./quote.ts";
import type { Step } from "./steps.ts";

export type Way = "native" | "approve" | "permit";

export type Paying = {
  readonly data: PayData;
  readonly quote: Quote;
  readonly wallet: Wallet;
  readonly way: Way;
  /** What comes next. */
  onStep(step: Step): void;
  readonly signal: AbortSignal;
};

/** What these terms cost, as people write it. */
export function priceOf({ token }: PayData, amountWei: string): string {
  const amount = BigInt(amountWei);
  return `${token.decimals === null ? amount : readable(amount, token.decimals)} ${token.symbol}`;
}

/** Whether this wallet can pay at all: right chain, enough money. Asks to switch, and signs nothing. @throws WalletError */
export async function prepare(wallet: Wallet, data: PayData, quote: Quote): Promise<void> {
  await goToChain(wallet, data, quote);
  const balance = await balanceOf(wallet, data);
  if (balance < BigInt(quote.amount_wei))
    throw new WalletError(
      `This account holds ${priceOf(data, balance.toString())}, and the price is ${priceOf(data, quote.amount_wei)}.`,
    );
}

/** Pays what the quote says, by its own calls; returns the payment's hash once it is signed. @throws WalletError */
export async function pay(paying: Paying): Promise<string> {
  const { data, quote, wallet, onStep } = paying;
  const call = await readyCall(paying);
  // What was signed before took its time, and on another network the same call would give the money away.
  await goToChain(wallet, data, quote);
  await rehearse(wallet, call);
  onStep("sign");
  return sendCall(paying, call);
}

async function goToChain(wallet: Wallet, data: PayData, quote: Quote): Promise<void> {
  await wallet.ensureChain(data.chain);
  await checkChain(wallet, data, quote);
}

async function readyCall(paying: Paying): Promise<ReadyCall> {
  const { quote, wallet, way, onStep } = paying;
  const { native, erc20_approve_then_pay: approve, erc20_permit: permit } = quote.calls;
  if (way === "permit" && permit) {
    onStep("permit");
    return permitted(wallet, permit);
  }
  if (approve) {
    await allow(paying, approve.approve);
    return approve.payFor;
  }
  if (!native) throw new Error("The price names no way to pay that this page knows.");
  return native;
}

/** Lets the contract take exactly the price, unless it may already. */
async function allow(paying: Paying, approve: ReadyCall): Promise<void> {
  const { data, quote, wallet, onStep, signal } = paying;
  const isAllowed = async () => {
    const allowance = ["allowance(address,address)", wallet.address, quote.contract] as const;
    return (await readNumber(wallet, data.token.address, allowance)) >= BigInt(quote.amount_wei);
  };
  if (await isAllowed()) return;
  onStep("allow");
  const hash = await sendCall(paying, approve);
  onStep("allowed");
  const isDone = async () => {
    await wallet.ensureChain(data.chain);
    return isAllowed().catch(() => false);
  };
  if (!(await isDoneWell({ wallet, hash, signal }, isDone)))
    throw new WalletError("The approval failed on chain. Nothing was paid. Try again.");
}

/** The wallet is told the network as well: between a look at it and this, its owner may have chosen another. */
function sendCall({ wallet, data: { chain } }: Paying, { to, data, value, gas }: ReadyCall): Promise<string> {
  const what = { from: wallet.address, to, data, value: hexOf(value ?? 0) };
  const transaction = { ...what, gas: hexOf(gas), chainId: hexOf(chain.id) };
  return wallet.request<string>({ method: "eth_sendTransaction", params: [transaction] });
}

/** Whether the contract has taken the payment, as the wallet's node knows it; false also when it cannot say. */
export function isTaken(wallet: Wallet, quote: Quote): Promise<boolean> {
  const { payment_id, merchant_wallet, token_address, amount_wei } = quote;
  const args = [payment_id, merchant_wallet, token_address, amount_wei] as const;
  const taken = readNumber(wallet, quote.contract, ["isPaid(bytes32,address,address,uint256)", ...args]);
  return taken.then(
    (word) => word === 1n,
    () => false,
  );
}

const LOOK_EVERY_MS = 1_000;

type Sent = { readonly wallet: Wallet; readonly hash: string; readonly signal: AbortSignal };

/**
 * Waits until something is done on chain; false when the transaction that was to do it has failed there. The hash alone
 * does not tell: people replace transactions, and contract wallets tell hashes that are none of a transaction.
 */
export async function isDoneWell({ wallet, hash, signal }: Sent, isDone: () => Promise<boolean>): Promise<boolean> {
  for (;;) {
    signal.throwIfAborted();
    if (await isDone()) return true;
    const look = wallet.request<{ status?: string } | null>({ method: "eth_getTransactionReceipt", params: [hash] });
    // A node that is away for a moment says nothing about the transaction.
    const receipt = await look.catch(() => null);
    if (receipt) return receipt.status === "0x1";
    await pause(LOOK_EVERY_MS, signal);
  }
}

/** Rejects when it is called off. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
