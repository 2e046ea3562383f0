import type { PaymentPayload } from "@x402/core/types";
import type { Address, Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { usdcAbi } from "../../../contracts/abi.ts";
import type { Facilitator, FacilitatorDeps } from "../facilitator.ts";
import { createBatcher } from "./batcher.ts";
import { createGasTank } from "./gas-tank.ts";
import { createSender } from "./sender.ts";
import type { Transfer } from "./transfer.ts";
import { createVerifier } from "./verify.ts";

/** Verifies with x402's own package and settles with a key that pays the gas. */
export function openInProcess(deps: FacilitatorDeps & { settlerKey: Hex }): Facilitator {
  const { reader, receiver, settlerKey, clock } = deps;
  const account = privateKeyToAccount(settlerKey);
  const client = reader.client;
  const tank = createGasTank({ client, address: account.address, clock });
  const sender = createSender({ ...deps, client, account, chainId: reader.chain.id });
  const usdc = reader.chain.tokens.USDC as Address;
  const batcher = createBatcher({ sender, client, receiver, usdc, clock });
  const verify = createVerifier(client, deps.log);
  return {
    // Nobody's payment is taken on that could not be settled.
    verify: async (payload, requirements) => {
      const [verified, hasGas] = await Promise.all([verify(payload, requirements), tank.hasGas()]);
      return verified.ok === true && !hasGas ? { ok: "unknown" } : verified;
    },
    settle: (payload) => batcher.settle(transferOf(payload)),
    balanceOf: (payer) =>
      client
        .readContract({ address: usdc, abi: usdcAbi, functionName: "balanceOf", args: [payer] })
        .catch(() => undefined),
    health: () => tank.hasGas(),
    close: () => batcher.close(),
  };
}

function transferOf({ payload }: PaymentPayload): Transfer {
  const { authorization, signature } = payload as { authorization: Record<string, string>; signature: Hex };
  return {
    from: authorization.from as Hex,
    value: BigInt(authorization.value as string),
    validAfter: BigInt(authorization.validAfter as string),
    validBefore: BigInt(authorization.validBefore as string),
    nonce: authorization.nonce as Hex,
    signature,
  };
}
