import { type Address, type Hex, parseSignature } from "viem";
import type { World } from "./world.ts";

const PERMIT = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
} as const;

export type Permit = { token: Address; name: string; version: string; nonce: bigint; value: bigint; deadline: bigint };
export type SignedPermit = { deadline: bigint; v: number; r: Hex; s: Hex };

type Signing = Pick<World, "payer" | "chainId"> & { gateway: { address: Address } };

/** The payer's EIP-2612 permit to `spender`, by default the gateway. */
export async function signPermit(
  world: Signing,
  { token, name, version, nonce, value, deadline }: Permit,
  spender = world.gateway.address,
): Promise<SignedPermit> {
  const signature = await world.payer.signTypedData({
    domain: { name, version, chainId: world.chainId, verifyingContract: token },
    types: PERMIT,
    primaryType: "Permit",
    message: { owner: world.payer.account.address, spender, value, nonce, deadline },
  });
  const { v, yParity, r, s } = parseSignature(signature);
  return { deadline, v: Number(v ?? BigInt(yParity + 27)), r, s };
}
