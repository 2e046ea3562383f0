import type { PaymentPayload } from "@x402/core/types";
import type { Address, Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { usdcAbi } from "../../../contracts/abi.ts";
import type { Facilitator, FacilitatorDeps } from "../facilitator.ts";
import { createBatcher } from "./batcher.ts";
import { causeOf } from "./cause.ts";
import { createFees } from "./fees.ts";
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
  const fees = createFees({ ...deps, client });
  const sender = createSender({ ...deps, client, account, fees, chainId: reader.chain.id });
  const usdc = reader.chain.tokens.USDC as Address;
  const batcher = createBatcher({ sender, client, receiver, usdc, clock });
  const verify = createVerifier(client, deps.log);
  const canSettle = async (): Promise<boolean> => {
    const priced = fees().then(() => undefined, causeOf);
    const hindrance = (await tank.hasGas()) ? await priced : "no gas, or nobody to ask for it";
    if (hindrance) deps.log.warn({ cause: hindrance }, "nothing can be settled");
    return hindrance === undefined;
  };
  return {
    // Nobody's payment is taken on that could not be settled.
    verify: async (payload, requirements) => {
      const [verified, can] = await Promise.all([verify(payload, requirements), canSettle()]);
      return verified.ok === true && !can ? { ok: "unknown" } : verified;
    },
    settle: (payload) => batcher.settle(transferOf(payload)),
    balanceOf: (payer) =>
      client
        .readContract({ address: usdc, abi: usdcAbi, functionName: "balanceOf", args: [payer] })
        .catch(() => undefined),
    health: canSettle,
    close: () => batcher.close(),
  };
}

function transferOf({ payload }: PaymentPayload): Transfer {
  const { authorization, signature } = payload as { authorization: Record<string, string>; signature: Hex };
  return {
    // As it came, viem could take its letter case for a typing error.
    from: (authorization.from as string).toLowerCase() as Hex,
    value: BigInt(authorization.value as string),
    validAfter: BigInt(authorization.validAfter as string),
    validBefore: BigInt(authorization.validBefore as string),
    nonce: authorization.nonce as Hex,
    signature,
  };
}
