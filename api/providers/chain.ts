import {
  type Address,
  BaseError,
  createPublicClient,
  type EIP1193RequestFn,
  fallback,
  type Hex,
  HttpRequestError,
  http,
  type PublicClient,
  RpcRequestError,
  TimeoutError,
  type Transport,
} from "viem";
import type { Chain } from "../../contracts/chains.ts";
import { ApiError } from "../errors.ts";
import { RPC_TIMEOUT_MS } from "../limits.ts";

/** The few things that the API itself asks of a chain's node. Every method throws `chain_unavailable` when none answers. */
export type ChainReader = {
  readonly chain: Chain;
  readonly client: PublicClient;
  /** The id that the node tells, to compare with the one that we believe in. */
  chainId(): Promise<number>;
  /** ECDSA, ERC-1271 and ERC-6492. False for a signature that is not the address's. */
  isSignedBy(address: Address, message: string, signature: Hex): Promise<boolean>;
};

/** A chain's nodes by URL: the first one is asked, the others when it fails. Nothing is asked yet. */
export function openChain(chain: Chain, rpcUrls: readonly string[]): ChainReader {
  const transports = rpcUrls.map((url) => onceMore(http(url, { timeout: RPC_TIMEOUT_MS, retryCount: 0 })));
  const client = createPublicClient({ transport: fallback(transports, { retryCount: 0 }) });
  return {
    chain,
    client,
    chainId: () => asked(client.getChainId()),
    isSignedBy: (address, message, signature) => asked(isSignedBy(client, { address, message, signature })),
  };
}

/** A node that goes on to another block while it is asked may not find the one that it just called the latest. */
const MOVED_ON = /block ?out ?of ?range|header not found|unknown block/i;

const onceMore =
  (way: Transport): Transport =>
  (options) => {
    const transport = way(options);
    const request = (async (args) => {
      try {
        return await transport.request(args);
      } catch (error) {
        if (!(error instanceof BaseError) || !MOVED_ON.test(error.details)) throw error;
        return transport.request(args);
      }
    }) as EIP1193RequestFn;
    return { ...transport, request };
  };

/** viem takes a node that is away for a signature that is wrong, so a no counts only while the node answers. */
export async function isSignedBy(
  client: PublicClient,
  signed: { address: Address; message: string; signature: Hex },
): Promise<boolean> {
  if (await client.verifyMessage(signed)) return true;
  await client.getChainId();
  return false;
}

/** Turns a node's failure into our own error: an RPC URL may carry a key, and viem's messages carry the URL. */
export async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch {
    throw new ApiError("chain_unavailable", { retryAfterSec: 5 });
  }
}

/**
 * What a contract says to a question. One without the function reverts or returns junk, which is an answer too: undefined.
 * A node that keeps silent says nothing about the contract.
 *
 * @throws ApiError chain_unavailable
 */
export const said = <T>(answer: Promise<T>): Promise<T | undefined> =>
  answer.catch((error) => {
    if (error instanceof BaseError && error.walk(isSilence))
      throw new ApiError("chain_unavailable", { retryAfterSec: 5 });
    return undefined;
  });

/** What a contract's code can come to. Whatever else a node says, such as a missing block, it says of itself. */
const EXECUTED = /revert|opcode|out of gas|gas required|invalid jump|stack/i;

const isSilence = (cause: unknown) =>
  cause instanceof HttpRequestError ||
  cause instanceof TimeoutError ||
  (cause instanceof RpcRequestError && !EXECUTED.test(cause.details));
