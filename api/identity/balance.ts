import { type Address, getAddress } from "viem";
import { creditsOf } from "../ledger/statement.ts";
import { balanceOf, holderOf } from "../ledger.ts";
import { dollarsOf } from "../prices.ts";
import { type CallerAccount, type Credentials, callerAccount } from "./account.ts";
import type { ApiKeyDeps } from "./api-key.ts";
import { findKey, spendableOf } from "./keys.ts";
import { signedInWallet } from "./siwe.ts";

/** What a caller can spend, and what was credited to him. @throws ApiError unauthorized, invalid_api_key */
export async function tellBalance(deps: ApiKeyDeps, by: Credentials) {
  const caller = await callerAccount(deps, by);
  const { accountIds, keyId, onlyKeyId } = caller;
  const { pool } = deps.db;
  const [address, balances, credits, key] = await Promise.all([
    addressOf(deps, by, caller),
    Promise.all(accountIds.map((accountId) => balanceOf(pool, accountId))),
    onlyKeyId === undefined ? creditsOf(pool, accountIds) : [],
    keyId === undefined ? undefined : findKey(pool, { keyId, accountIds }),
  ]);
  const held = balances.reduce((sum, each) => sum + each, 0n);
  const balance = key ? spendableOf(key, held) : held;
  return {
    success: true,
    address,
    balance_usd: dollarsOf(balance),
    balance_micro_usd: balance.toString(),
    credits: credits.map(({ orderId, amountMicroUsd, item, createdAt }) => ({
      order_id: orderId,
      amount_usd: dollarsOf(amountMicroUsd),
      item,
      created_at: createdAt.toISOString(),
    })),
  };
}

async function addressOf(deps: ApiKeyDeps, by: Credentials, { accountIds, keyId }: CallerAccount): Promise<Address> {
  if (keyId === undefined) return (await signedInWallet(deps, by.authorization)).address;
  return getAddress((await holderOf(deps.db.pool, accountIds[0] as string)).address);
}
