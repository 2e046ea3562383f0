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
  await wallet.ensureChain(data.chain);
  await checkChain(wallet, data, quote);
  const balance = await balanceOf(wallet, data);
  if (balance < BigInt(quote.amount_wei))
    throw new WalletError(
      `This account holds ${priceOf(data, balance.toString())}, and the price is ${priceOf(data, quote.amount_wei)}.`,
    );
}

/** Pays what the quote says, by its own calls; returns the payment's hash once it is signed. @throws WalletError */
export async function pay(paying: Paying): Promise<string> {
  const { wallet, onStep } = paying;
  const call = await readyCall(paying);
  await rehearse(wallet, call);
  onStep("sign");
  return sendCall(wallet, call);
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
async function allow({ data, quote, wallet, onStep, signal }: Paying, approve: ReadyCall): Promise<void> {
  const allowed = await readNumber(wallet, data.token.address, [
    "allowance(address,address)",
    wallet.address,
    quote.contract,
  ]);
  if (allowed >= BigInt(quote.amount_wei)) return;
  onStep("allow");
  const hash = await sendCall(wallet, approve);
  onStep("allowed");
  if (!(await isMinedWell(wallet, hash, signal)))
    throw new WalletError("The approval failed on chain. Nothing was paid. Try again.");
}

function sendCall(wallet: Wallet, { to, data, value, gas }: ReadyCall): Promise<string> {
  const transaction = { from: wallet.address, to, data, value: hexOf(value ?? 0), gas: hexOf(gas) };
  return wallet.request<string>({ method: "eth_sendTransaction", params: [transaction] });
}

const LOOK_EVERY_MS = 1_000;

/** Waits until a transaction is in a block; false when it failed there. */
export async function isMinedWell(wallet: Wallet, hash: string, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    signal.throwIfAborted();
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
