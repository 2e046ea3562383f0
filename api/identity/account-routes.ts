import { type Context, Hono } from "hono";
import { type Address, getAddress } from "viem";
import { countOf } from "../ledger/entries.ts";
import { creditsOf, type Line, statementOf } from "../ledger/statement.ts";
import { balanceOf, holderOf } from "../ledger.ts";
import { dollarsOf } from "../prices.ts";
import { type CallerAccount, callerAccount } from "./account.ts";
import type { ApiKeyDeps } from "./api-key.ts";
import { credentialsOf } from "./call.ts";
import { findKey } from "./keys.ts";
import { pageOf } from "./page.ts";
import { signedInWallet } from "./siwe.ts";

export type AccountRoutesDeps = ApiKeyDeps & { readonly publicUrl: string };

/** What a caller has, and how it came to be: by his API key, or by his sign-in. */
export function accountRoutes(deps: AccountRoutesDeps): Hono {
  const routes = new Hono();
  routes.get("/balance", async (c) => {
    const caller = await callerAccount(deps, credentialsOf(c));
    const { pool } = deps.db;
    const [address, balances, credits, left] = await Promise.all([
      addressOf(deps, c, caller),
      Promise.all(caller.accountIds.map((accountId) => balanceOf(pool, accountId))),
      caller.onlyKeyId === undefined ? creditsOf(pool, caller.accountIds) : [],
      leftOfCap(deps, caller),
    ]);
    const held = balances.reduce((sum, each) => sum + each, 0n);
    // What its owner has besides is none of a capped key's business.
    const balance = left !== undefined && left < held ? left : held;
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
    const next = `${deps.publicUrl}/api/v1/transactions?limit=${limit}&offset=${offset + limit}`;
    c.header("Cache-Control", "no-store");
    const page = { total, limit, offset, next: offset + limit < total ? next : null };
    return c.json({ success: true, ...page, transactions: lines.map(lineBody) });
  });
  return routes;
}

async function addressOf(deps: AccountRoutesDeps, c: Context, { accountIds, keyId }: CallerAccount): Promise<Address> {
  if (keyId === undefined) return (await signedInWallet(deps, c.req.header("authorization"))).address;
  return getAddress((await holderOf(deps.db.pool, accountIds[0] as string)).address);
}

/** What a key may still spend, where that is limited. */
async function leftOfCap({ db }: AccountRoutesDeps, { accountIds, keyId }: CallerAccount): Promise<bigint | undefined> {
  const key = keyId === undefined ? undefined : await findKey(db.pool, { keyId, accountIds });
  if (!key || key.capMicroUsd === null) return undefined;
  return key.capMicroUsd > key.spentMicroUsd ? key.capMicroUsd - key.spentMicroUsd : 0n;
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
