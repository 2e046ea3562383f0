import type { PaymentPayload, PaymentRequirements } from "@x402/core/types";
import { ExactEvmScheme } from "@x402/evm/exact/facilitator";
import {
  type Address,
  BaseError,
  ContractFunctionRevertedError,
  ContractFunctionZeroDataError,
  isErc6492Signature,
  isHex,
  type PublicClient,
} from "viem";
import type { FacilitatorDeps, Verified } from "../facilitator.ts";
import { causeOf } from "./cause.ts";
import { reasonOf } from "./reasons.ts";

type Verify = (payload: PaymentPayload, requirements: PaymentRequirements) => Promise<Verified>;

/**
 * x402's own verification: plain wallets, contracts (ERC-1271, also behind EIP-7702), and a simulation of the transfer.
 * Wallets that are not deployed yet (ERC-6492) are refused, as nobody's factory is called at our cost.
 */
export function createVerifier(client: PublicClient, log: FacilitatorDeps["log"]): Verify {
  const unknown = (error: unknown) => {
    log.warn({ cause: causeOf(error) }, "a payment could not be verified");
    return { ok: "unknown" } as const;
  };
  return async (payload, requirements) => {
    // Told by its last bytes: the package throws at what is behind them, and would take what is wrapped for the token's.
    if (isWrapped(payload)) return { ok: false, reason: "wallet_not_deployed" };
    const chain = watched(client);
    try {
      const { isValid, invalidReason } = await new ExactEvmScheme(chain.signer).verify(payload, requirements);
      if (isValid) return { ok: true };
      // It takes a node that is away for a wrong signature.
      const failure = chain.failure();
      return failure ? unknown(failure) : { ok: false, reason: reasonOf(invalidReason) };
    } catch (error) {
      return unknown(error);
    }
  };
}

const isWrapped = ({ payload: { signature } }: PaymentPayload): boolean =>
  isHex(signature) && isErc6492Signature(signature);

/** The chain as the package reads it, which keeps in mind whether the node, and not a contract, said no. */
function watched(client: PublicClient) {
  let failure: unknown;
  const codes = new Map<string, Promise<`0x${string}` | undefined>>();
  const told = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      if (!isRevert(error)) failure ??= error;
      throw error;
    }
  };
  const never = () => Promise.reject(new Error("nothing is sent from here"));
  const signer = {
    getAddresses: () => [],
    getCode: ({ address }: { address: Address }) => {
      const known = codes.get(address) ?? told(client.getCode({ address }));
      codes.set(address, known);
      return known;
    },
    readContract: (call: {
      address: Address;
      abi: readonly unknown[];
      functionName: string;
      args?: readonly unknown[];
    }) => told(client.readContract({ ...call, args: call.args ?? [] })),
    verifyTypedData: never,
    writeContract: never,
    sendTransaction: never,
    waitForTransactionReceipt: never,
  };
  return { signer, failure: () => failure };
}

function isRevert(error: unknown): boolean {
  if (!(error instanceof BaseError)) return false;
  const cause = error.walk(
    (one) => one instanceof ContractFunctionRevertedError || one instanceof ContractFunctionZeroDataError,
  );
  return cause !== null;
}
