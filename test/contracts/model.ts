import { type Address, type Hex, keccak256, toHex } from "viem";

/** What a payment says, in numbers and lower-case addresses. */
export type Case = { merchant: Address; token: Address; amount: bigint; expiry: bigint; salt: bigint };
export type Gateway = { chainId: bigint; address: Address; feeBps: bigint };

/** The fee by its definition, the greatest whole number that is not above `amount * bps / 10000`: found, not computed. */
export function feeOf(amount: bigint, feeBps: bigint): bigint {
  let [low, high] = [0n, amount];
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    if (middle * 10_000n <= amount * feeBps) low = middle;
    else high = middle - 1n;
  }
  return low;
}

/** The id as the interface describes it, put together byte by byte, with no ABI encoder. */
export function idOf({ chainId, address, feeBps }: Gateway, { merchant, token, amount, expiry, salt }: Case): Hex {
  const words = [chainId, BigInt(address), BigInt(merchant), BigInt(token), amount, feeBps, expiry, salt];
  const hash = keccak256(`0x${words.map((word) => digits(word, 32)).join("")}`);
  return `0x${digits(expiry, 4)}${digits(salt, 8)}${hash.slice(2, 42)}`;
}

/** The arguments of the event. */
export function paidOf(gateway: Gateway, payer: Address, asked: Case) {
  const fee = feeOf(asked.amount, gateway.feeBps);
  const { merchant, token, amount } = asked;
  const sum = { amountGross: amount, fee, amountNet: amount - fee };
  return { sessionId: idOf(gateway, asked), payer, merchant, token, ...sum };
}

/** A source of numbers that are the same in every run. */
export function dice(seed: string): (bits: number) => bigint {
  let state = keccak256(toHex(seed));
  return (bits) => {
    state = keccak256(state);
    return BigInt(state) & ((1n << BigInt(bits)) - 1n);
  };
}

const digits = (value: bigint, bytes: number): string => value.toString(16).padStart(bytes * 2, "0");
