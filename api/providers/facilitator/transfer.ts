import { type Address, encodeFunctionData, type Hex, isAddressEqual, size, type TransactionReceipt } from "viem";
import { settlementReceiverAbi, usdcAbi } from "../../../contracts/abi.ts";
import { authorizedTransfer } from "../../../contracts/authorized-transfer.ts";

/** What a payer signed, as the contracts take it. */
export type Transfer = {
  readonly from: Address;
  readonly value: bigint;
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly nonce: Hex;
  readonly signature: Hex;
};

export type Contracts = { readonly usdc: Address; readonly receiver: Address };

export type Transaction = { readonly to: Address; readonly data: Hex; readonly gas: bigint };

/**
 * What the receiver gives each entry, with its own part, and what the transaction's data costs: the most that a byte
 * can. What is not used is not paid, and too little lets one payer's long signature turn back a whole batch.
 */
const GAS = { alone: 400_000n, batch: 200_000n, entry: 320_000n, byte: 40n } as const;

/** One goes straight to USDC, which is cheapest; several through the receiver in one transaction. */
export function transactionOf(transfers: readonly Transfer[], { usdc, receiver }: Contracts): Transaction {
  const [only, ...others] = transfers;
  if (only && others.length === 0) {
    const { from, value, validAfter, validBefore, nonce, signature } = only;
    const args = [from, receiver, value, validAfter, validBefore, nonce, signature] as const;
    const data = encodeFunctionData({ abi: usdcAbi, functionName: "transferWithAuthorization", args });
    return { to: usdc, data, gas: GAS.alone + dataGas(data) };
  }
  const data = encodeFunctionData({ abi: settlementReceiverAbi, functionName: "settleBatch", args: [transfers] });
  return { to: receiver, data, gas: GAS.batch + GAS.entry * BigInt(transfers.length) + dataGas(data) };
}

const dataGas = (data: Hex): bigint => GAS.byte * BigInt(size(data));

/** Whether a mined transaction moved this payer's money to the receiver: USDC's own logs say so. */
export function isIn(
  { logs }: TransactionReceipt,
  { from, nonce, value }: Transfer,
  { usdc, receiver }: Contracts,
): boolean {
  const moved = authorizedTransfer(logs, { usdc, payer: from, nonce });
  return moved !== undefined && isAddressEqual(moved.args.to, receiver) && moved.args.value === value;
}
