import type { Deps, Receiver } from "../../deps.ts";
import { ApiError } from "../../errors.ts";
import { keyHolder, keyOfOrder } from "../../identity/api-key.ts";
import { signedInWallet } from "../../identity/siwe.ts";
import { openAccount } from "../../ledger.ts";
import { TOP_UP } from "../../limits.ts";
import { v1NameOf } from "../../payments/x402/offer.ts";
import { dollarsOf } from "../../prices.ts";
import { type Buyer, type Call, type JsonObject, type Order, orNotYet, type Sale } from "../../sale.ts";
import { amountOf } from "./amount.ts";
import { type Credited, creditKey, takeBackFromKey } from "./credit-key.ts";
import { docsOf } from "./docs.ts";
import { keyAsItIs } from "./key-as-it-is.ts";

export type TopUpDeps = Pick<Deps, "db" | "clock" | "secretsKey" | "providerName"> & {
  readonly receiver: Pick<Receiver, "chain">;
};

/**
 * A balance, and a key to spend it. What is paid becomes the balance of the payer's account, or of the account whose
 * `X-API-Key` comes along.
 */
export function topUpSale(deps: TopUpDeps): Sale {
  const describe = describing(deps);
  return {
    id: "balance.topup",
    method: "POST",
    path: "/api/v1/x402/topup",
    priceMicroUsd: TOP_UP.usualMicroUsd,
    priceOf: amountOf,
    description: describe(TOP_UP.usualMicroUsd),
    describe,
    isPaidFromBalance: false,
    docs: docsOf(answerOf),
    prepare: (call, buyer) => spenderOf(deps, call, buyer),
    fulfil: (order) => orNotYet(async () => answerOf(order, await creditKey(deps, order))),
    revoke: (order) => takeBackFromKey(deps, order),
    creditedTo: async ({ input, payer, chainId }) =>
      typeof input.account_id === "string" ? input.account_id : openAccount(deps.db.pool, { address: payer, chainId }),
    secretsOf: async (order) =>
      order.input.key_id ? {} : keyAsItIs(deps, keyOfOrder(deps.secretsKey, order.id), order.id),
  };
}

function describing({ providerName, receiver }: TopUpDeps): (priceMicroUsd: bigint) => string {
  const network = v1NameOf(receiver.chain.id);
  return (priceMicroUsd) => {
    const amount = `$${dollarsOf(priceMicroUsd).toFixed(2)}`;
    return `Top up ${providerName} API balance — pay ${amount} USDC on ${network}, receive API key + ${amount} balance`;
  };
}

/**
 * Whose balance it will be. A payment header says who pays and not who sends it: it may have been signed for somebody
 * who carried it here. So a key that is given for it alone spends what was paid for it and no more; only with a sign-in
 * as the payer it opens the whole account.
 *
 * @throws ApiError invalid_api_key, unauthorized, forbidden
 */
async function spenderOf(deps: TopUpDeps, call: Call, { payer, chainId }: Buyer): Promise<JsonObject> {
  if (call.apiKey !== undefined) {
    const { keyId, accountId } = await keyHolder(deps, call.apiKey);
    return { key_id: keyId, account_id: accountId };
  }
  if (call.authorization === undefined) return { may_manage: false };
  const { address, onlyChainId } = await signedInWallet(deps, call.authorization);
  if (address.toLowerCase() !== payer || (onlyChainId ?? chainId) !== chainId)
    throw new ApiError("forbidden", { message: "The sign-in is another wallet's than the payment." });
  return { may_manage: true };
}

const answerOf = (order: Pick<Order, "id" | "priceMicroUsd">, { key, spendableMicroUsd }: Credited): JsonObject => ({
  success: true,
  key_id: key.keyId,
  balance_usd: dollarsOf(spendableMicroUsd),
  balance_micro_usd: spendableMicroUsd.toString(),
  credited_usd: dollarsOf(order.priceMicroUsd),
  account: { address: key.address, network: `eip155:${key.chainId}` },
  order_id: order.id,
  cap_usd: key.capMicroUsd === null ? null : dollarsOf(key.capMicroUsd),
  may_manage: key.mayManage,
});
