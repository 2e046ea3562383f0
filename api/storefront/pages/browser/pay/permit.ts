import type { Wallet } from "../wallet.ts";
import { WalletError } from "../wallet-error.ts";
import { readNumber } from "./chain-look.ts";
import type { PermitCall, ReadyCall } from "./quote.ts";
import { encodeCall } from "./words-of-abi.ts";

const DOMAIN_TYPES = [
  ["name", "string"],
  ["version", "string"],
  ["chainId", "uint256"],
  ["verifyingContract", "address"],
  ["salt", "bytes32"],
] as const;

/** Has the payer sign what the token wants to see instead of an approval, and fills it into the call. @throws WalletError */
export async function permitted(wallet: Wallet, { to, args, gas, permit }: PermitCall): Promise<ReadyCall> {
  const { domain, types } = permit;
  const nonce = await readNumber(wallet, domain.verifyingContract, ["nonces(address)", wallet.address]);
  const message = { ...permit.message, owner: wallet.address, nonce: nonce.toString() };
  const EIP712Domain = DOMAIN_TYPES.filter(([name]) => name in domain).map(([name, type]) => ({ name, type }));
  const typed = { domain, types: { EIP712Domain, ...types }, primaryType: "Permit", message };
  const params = [wallet.address, JSON.stringify(typed)];
  const signature = await wallet.request<string>({ method: "eth_signTypedData_v4", params });
  const parts = partsOf(signature);
  const filled = args.map((arg) => parts[arg] ?? arg);
  return {
    to,
    gas,
    data: encodeCall("payForWithPermit(bytes32,address,address,uint256,uint256,uint8,bytes32,bytes32)", filled),
  };
}

/** By the placeholders that the 402 has for them. */
function partsOf(signature: string): Record<string, string> {
  const [, r, s, v] = /^0x([0-9a-f]{64})([0-9a-f]{64})([0-9a-f]{2})$/i.exec(signature) ?? [];
  if (!r || !s || !v)
    throw new WalletError("This wallet cannot sign permits. Choose “Approve, then pay” instead. Nothing was sent.");
  const parity = Number.parseInt(v, 16);
  return { "<v>": String(parity < 27 ? parity + 27 : parity), "<r>": `0x${r}`, "<s>": `0x${s}` };
}
