import { type Context, Hono } from "hono";
import { type Address, getAddress } from "viem";
import { countOf } from "../ledger/entries.ts";
import { creditsOf, type Line, statementOf } from "../ledger/statement.ts";
import { balanceOf, holderOf } from "../ledger.ts";
import { dollarsOf } from "../prices.ts";
import { type CallerAccount, callerAccount } from "./account.ts";
import type { ApiKeyDeps } from "./api-key.ts";
import { credentialsOf } from "./call.ts";
import { findKey, spendableOf } from "./keys.ts";
import { pageFields, pageOf } from "./page.ts";
import { signedInWallet } from "./siwe.ts";

export type AccountRoutesDeps = ApiKeyDeps & { readonly publicUrl: string };

/** What a caller has, and how it came to be: by his API key, or by his sign-in. */
export function accountRoutes(deps: AccountRoutesDeps): Hono {
  const routes = new Hono();
  routes.get("/balance", async (c) => {
    const caller = await callerAccount(deps, credentialsOf(c));
    const { accountIds, keyId, onlyKeyId } = caller;
    const { pool } = deps.db;
    const [address, balances, credits, key] = await Promise.all([
      addressOf(deps, c, caller),
      Promise.all(accountIds.map((accountId) => balanceOf(pool, accountId))),
      onlyKeyId === undefined ? creditsOf(pool, accountIds) : [],
      keyId === undefined ? undefined : findKey(pool, { keyId, accountIds }),
    ]);
    const held = balances.reduce((sum, each) => sum + each, 0n);
    const balance = key ? spendableOf(key, held) : held;
    c.header("Cache-Control", "no-store");
    return c.json({
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
    });
  });
  routes.get("/transactions", async (c) => {
    const { limit, offset } = pageOf(c.req.query());
    const { accountIds, onlyKeyId } = await callerAccount(deps, credentialsOf(c));
    const [total, lines] = await Promise.all([
      countOf(deps.db.pool, accountIds, onlyKeyId),
      statementOf(deps.db.pool, accountIds, { limit, offset, onlyKeyId }),
    ]);
    c.header("Cache-Control", "no-store");
    const page = pageFields({ total, limit, offset, url: `${deps.publicUrl}/api/v1/transactions` });
    return c.json({ success: true, ...page, transactions: lines.map(lineBody) });
  });
  return routes;
}

async function addressOf(deps: AccountRoutesDeps, c: Context, { accountIds, keyId }: CallerAccount): Promise<Address> {
  if (keyId === undefined) return (await signedInWallet(deps, c.req.header("authorization"))).address;
  return getAddress((await holderOf(deps.db.pool, accountIds[0] as string)).address);
}

/** As its holder calls it. */
const NAMES = { hold: "purchase", release: "refund" } as const;

const lineBody = ({ kind, amountMicroUsd, item, orderId, createdAt, txHash }: Line) => ({
  kind: kind === "hold" || kind === "release" ? NAMES[kind] : kind,
  amount_usd: dollarsOf(amountMicroUsd),
  amount_micro_usd: amountMicroUsd.toString(),
  item: item ?? null,
  order_id: orderId ?? null,
  created_at: createdAt.toISOString(),
  transaction: txHash ?? null,
});
