import { type Address, encodeAbiParameters, type Hex, keccak256 } from "viem";

const KEY = [{ type: "address" }, { type: "address" }, { type: "uint256" }, { type: "uint64" }] as const;

/** Storage slot of the 256 salts that differ from `salt` in the last byte alone. */
export function slotOf(terms: { merchant: Address; token: Address; amount: bigint; salt: bigint }): Hex {
  const { merchant, token, amount, salt } = terms;
  return keccak256(encodeAbiParameters(KEY, [merchant, token, amount, salt >> 8n]));
}
