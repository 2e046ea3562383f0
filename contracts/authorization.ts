import type { ReceiverChain } from "./chains.ts";

const AUTHORIZATION = [
  { name: "from", type: "address" },
  { name: "to", type: "address" },
  { name: "value", type: "uint256" },
  { name: "validAfter", type: "uint256" },
  { name: "validBefore", type: "uint256" },
  { name: "nonce", type: "bytes32" },
] as const;

/** What USDC takes a payer's signature over (EIP-3009): x402 signs the transfer; the receive only the payee may submit. */
export const authorizationTypes = {
  TransferWithAuthorization: AUTHORIZATION,
  ReceiveWithAuthorization: AUTHORIZATION,
} as const;

/** The EIP-712 domain of a chain's USDC. */
export const usdcDomain = ({ id, usdc }: Pick<ReceiverChain, "id" | "usdc">) => ({
  name: usdc.name,
  version: usdc.version,
  chainId: id,
  verifyingContract: usdc.address,
});
