import type { Deps } from "../../deps.ts";
import { ApiError } from "../../errors.ts";
import { callerWallet } from "../../identity/caller-wallet.ts";
import { balanceOf, openAccount } from "../../ledger.ts";
import { CREDITS, dollarsOf, PRICES } from "../../prices.ts";
import { type JsonObject, type Order, orNotYet, type Sale } from "../../sale.ts";

export type CreditsDeps = Pick<Deps, "db" | "clock">;

/** A hundred prepaid credits: five dollars of balance for who is signed in, and no key. */
export function creditsSale(deps: CreditsDeps): Sale {
  return {
    id: "credits.topup",
    method: "POST",
    path: "/api/v1/credits/top-up",
    priceMicroUsd: BigInt(CREDITS) * PRICES.creditMicroUsd,
    description: `Buy ${CREDITS} prepaid credits at $${dollarsOf(PRICES.creditMicroUsd)} each, signed in as the payer.`,
    isPaidFromBalance: false,
    docs: DOCS,
    // Whose money it will be is said by a sign-in. A payment may have been signed for somebody who carried it here.
    prepare: async (call, { payer, chainId }) => {
      const { address, onlyChainId } = await callerWallet(deps, call);
      if (address.toLowerCase() !== payer.toLowerCase() || (onlyChainId ?? chainId) !== chainId)
        throw new ApiError("forbidden", { message: "The sign-in is another wallet's than the payment." });
      return {};
    },
    fulfil: (order) => orNotYet(() => credited(deps, order)),
    creditedTo: (order) => accountOf(deps, order),
    secrets: ["balanceUsd", "balanceCredits"],
  };
}

const accountOf = ({ db }: CreditsDeps, { payer, chainId }: Order) => openAccount(db.pool, { address: payer, chainId });

/** The money itself the ledger posts, once this is told. */
async function credited(deps: CreditsDeps, order: Order): Promise<JsonObject> {
  const before = await balanceOf(deps.db.pool, await accountOf(deps, order));
  return answerOf(order, before + order.priceMicroUsd);
}

const answerOf = ({ id, payer, chainId }: Pick<Order, "id" | "payer" | "chainId">, balance: bigint): JsonObject => ({
  success: true,
  credits: CREDITS,
  creditPriceUsd: dollarsOf(PRICES.creditMicroUsd),
  balanceUsd: dollarsOf(balance),
  balanceCredits: Number(balance / PRICES.creditMicroUsd),
  address: payer,
  network: `eip155:${chainId}`,
  orderId: id,
});

const DOCS: Sale["docs"] = {
  summary: "Top Up Credits",
  inputSchema: { type: "object", properties: {} },
  exampleInput: {},
  exampleOutput: answerOf(
    {
      id: "3f0f54f4-6b0d-4f6a-9d4b-0c5a9f3f9a11",
      payer: "0x857b06519e91e3a54538791bdbb0e22373e36b66",
      chainId: 8453,
    },
    BigInt(CREDITS) * PRICES.creditMicroUsd,
  ),
  needsSignIn: true,
};
