import { type Address, concatHex, encodeAbiParameters, type Hex, keccak256, numberToHex, sliceHex } from "viem";

/** What a bound payment id fixes. `amount` in wei or the token's atomic units, `expiry` in Unix seconds. */
export type BoundTerms = {
  chainId: number;
  gateway: Address;
  merchant: Address;
  token: Address;
  amount: bigint;
  feeBps: number;
  expiry: number;
  /** 64 bits: a 56-bit word and a counter byte, so that 256 ids of the same terms share one storage slot. */
  salt: bigint;
};

const HASHED = [
  { type: "uint256" },
  { type: "address" },
  { type: "address" },
  { type: "address" },
  { type: "uint256" },
  { type: "uint16" },
  { type: "uint32" },
  { type: "uint64" },
] as const;

/**
 * The id that goes on chain: `expiry (4 B) | salt (8 B) | first 20 B of keccak256(abi.encode(chainid, gateway,
 * merchant, token, amount, feeBps, expiry, salt))`. `PaymentGateway.paymentIdOf` computes the same.
 */
export function paymentIdOf(terms: BoundTerms): Hex {
  const { chainId, gateway, merchant, token, amount, feeBps, expiry, salt } = terms;
  const hash = keccak256(
    encodeAbiParameters(HASHED, [BigInt(chainId), gateway, merchant, token, amount, feeBps, expiry, salt]),
  );
  return concatHex([numberToHex(expiry, { size: 4 }), numberToHex(salt, { size: 8 }), sliceHex(hash, 0, 20)]);
}

/**
 * `paymentIdOf` for many ids of the same terms: everything but expiry and salt is packed once. Takes and returns hex
 * without 0x, `stamp` being `expiry (4 B) | salt (8 B)`.
 */
export function paymentIdsOf(terms: Omit<BoundTerms, "expiry" | "salt">): (stamp: string) => string {
  const { chainId, gateway, merchant, token, amount, feeBps } = terms;
  const packed = Buffer.from(
    encodeAbiParameters(HASHED, [BigInt(chainId), gateway, merchant, token, amount, feeBps, 0, 0n]).slice(2),
    "hex",
  );
  return (stamp) => {
    packed.write(stamp.slice(0, 8), 6 * 32 + 28, "hex");
    packed.write(stamp.slice(8), 7 * 32 + 24, "hex");
    return stamp + keccak256(packed).slice(2, 42);
  };
}
