import { type Address, type Hex, isAddressEqual, type Log, parseEventLogs } from "viem";
import { usdcAbi } from "./abi.ts";

/** One authorization, in any letter case. */
export type Authorized = { readonly usdc: Address; readonly payer: Address; readonly nonce: Hex };

/**
 * The transfer that an authorization made, among the logs of one transaction: USDC logs it directly after the use of
 * its authorization. Where it went to, and how much, is the caller's to compare.
 */
export function authorizedTransfer(logs: Log<bigint, number, false>[], { usdc, payer, nonce }: Authorized) {
  const own = logs.filter(({ address }) => isAddressEqual(address, usdc));
  const used = parseEventLogs({ abi: usdcAbi, eventName: "AuthorizationUsed", logs: own });
  const mine = used.find(
    ({ args }) => args.authorizer.toLowerCase() === payer.toLowerCase() && args.nonce === nonce.toLowerCase(),
  );
  if (!mine) return undefined;
  const moved = parseEventLogs({ abi: usdcAbi, eventName: "Transfer", logs: own });
  return moved.find(({ logIndex }) => logIndex === mine.logIndex + 1);
}
