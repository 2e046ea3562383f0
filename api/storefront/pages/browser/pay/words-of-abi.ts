/** First four bytes of what contracts are asked; a test compares them with their signatures. */
export const SELECTORS = {
  "payForWithPermit(bytes32,address,address,uint256,uint256,uint8,bytes32,bytes32)": "0x0c760fcd",
  "nonces(address)": "0x7ecebe00",
  "allowance(address,address)": "0xdd62ed3e",
  "balanceOf(address)": "0x70a08231",
  "isPaid(bytes32,address,address,uint256)": "0xf3e19a7d",
} as const;

export type Signature = keyof typeof SELECTORS;

/** Calldata for arguments that all fill one word each: addresses, numbers and 32 bytes. */
export function encodeCall(signature: Signature, args: readonly (string | bigint)[]): string {
  return SELECTORS[signature] + args.map(wordOf).join("");
}

/** Hex as it is, decimal digits and big integers as numbers. */
function wordOf(value: string | bigint): string {
  const hex = typeof value === "string" && value.startsWith("0x") ? value.slice(2) : BigInt(value).toString(16);
  return hex.toLowerCase().padStart(64, "0");
}
