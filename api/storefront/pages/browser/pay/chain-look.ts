import type { Wallet } from "../wallet.ts";
import { WalletError } from "../wallet-error.ts";
import type { PayData } from "./data.ts";
import type { Quote, ReadyCall } from "./quote.ts";
import { REASONS } from "./reasons.ts";
import { encodeCall, type Signature } from "./words-of-abi.ts";

/** A number that a contract tells. */
export async function readNumber(
  wallet: Wallet,
  to: string,
  [signature, ...args]: readonly [Signature, ...string[]],
): Promise<bigint> {
  const call = { to, data: encodeCall(signature, args) };
  const answer = await wallet.request<string>({ method: "eth_call", params: [call, "latest"] });
  return answer === "0x" ? 0n : BigInt(answer.slice(0, 66));
}

export async function balanceOf(wallet: Wallet, { token }: PayData): Promise<bigint> {
  if (!token.isNative) return readNumber(wallet, token.address, ["balanceOf(address)", wallet.address]);
  return BigInt(await wallet.request<string>({ method: "eth_getBalance", params: [wallet.address, "latest"] }));
}

/**
 * The same number does not make it the same chain: on another one, money would go to whoever has the contract's address
 * there. @throws WalletError
 */
export async function checkChain(wallet: Wallet, { chain }: PayData, { contract }: Quote): Promise<void> {
  const first = await wallet.request<{ hash?: string } | null>({
    method: "eth_getBlockByNumber",
    params: ["0x0", false],
  });
  const isOther = chain.firstBlockHash !== null && first?.hash !== undefined && first.hash !== chain.firstBlockHash;
  const code = await wallet.request<string>({ method: "eth_getCode", params: [contract, "latest"] });
  if (isOther || code === "0x")
    throw new WalletError(
      `What your wallet calls network ${chain.id} is not the ${chain.name} that is paid on here: nothing was sent. Set the network's RPC URL in your wallet to ${chain.rpcUrl} and try again.`,
    );
}

/** Whether the contract would take it, before its payer spends a fee on finding out. @throws WalletError in words */
export async function rehearse(wallet: Wallet, call: ReadyCall): Promise<void> {
  const { to, data, value } = call;
  const transaction = { from: wallet.address, to, data, ...(value && { value: hexOf(value) }) };
  try {
    await wallet.request({ method: "eth_call", params: [transaction, "latest"] });
  } catch (error) {
    if (!(error instanceof WalletError)) throw error;
    const reason = REASONS[error.revertData?.slice(0, 10).toLowerCase() ?? ""];
    if (reason) throw new WalletError(`${reason} Nothing was sent.`);
    // What is no refusal of the contract's is the node's trouble, and the wallet's to judge.
    if (error.code === 3 || /revert/i.test(error.message))
      throw new WalletError(
        "The contract would refuse this payment, so nothing was sent. Get a new price and try again.",
      );
  }
}

export const hexOf = (value: string | number | bigint): string => `0x${BigInt(value).toString(16)}`;
