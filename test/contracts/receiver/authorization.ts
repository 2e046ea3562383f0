import { type Account, type Address, type Hex, type LocalAccount, toHex, type WalletClient } from "viem";
import { authorizationTypes } from "../../../contracts/authorization.ts";

/** What `settle` takes, in its order, and what an entry of `settleBatch` is. */
export type Authorization = {
  from: Address;
  value: bigint;
  validAfter: bigint;
  validBefore: bigint;
  nonce: Hex;
  signature: Hex;
};

/** What is signed, and for which token of which chain. */
export type Terms = Omit<Authorization, "signature"> & { to: Address };
export type Token = { address: Address; name: string; chainId: number };

export type Signer = Pick<WalletClient, "signTypedData"> & { account?: Account | undefined };

const CANCEL = [
  { name: "authorizer", type: "address" },
  { name: "nonce", type: "bytes32" },
] as const;

let nonces = 0n;

/** A nonce that no other test has. Full of ones, as the random nonces of clients are: zeros would make gas cheap. */
export const freshNonce = (): Hex => toHex((0xabn << 248n) | (((1n << 240n) - 1n) ^ nonces++), { size: 32 });

/** EIP-712 data of the transfer that x402 clients sign, or of the receive that only the payee may submit. */
export function authorizationData(token: Token, terms: Terms, kind: "Transfer" | "Receive" = "Transfer") {
  return {
    domain: domainOf(token),
    types: authorizationTypes,
    primaryType: `${kind}WithAuthorization` as const,
    message: terms,
  };
}

/** `authorizer`'s signature that makes his nonce useless. */
export function signCancellation(token: Token, authorizer: LocalAccount, nonce: Hex): Promise<Hex> {
  return authorizer.signTypedData({
    domain: domainOf(token),
    types: { CancelAuthorization: CANCEL },
    primaryType: "CancelAuthorization",
    message: { authorizer: authorizer.address, nonce },
  });
}

export const argsOf = ({ from, value, validAfter, validBefore, nonce, signature }: Authorization) =>
  [from, value, validAfter, validBefore, nonce, signature] as const;

const domainOf = ({ name, chainId, address }: Token) => ({ name, version: "2", chainId, verifyingContract: address });
