import { Hono } from "hono";
import { countOf } from "../ledger/entries.ts";
import { type Line, statementOf } from "../ledger/statement.ts";
import { dollarsOf } from "../prices.ts";
import { callerAccount } from "./account.ts";
import type { ApiKeyDeps } from "./api-key.ts";
import { tellBalance } from "./balance.ts";
import { credentialsOf } from "./call.ts";
import { pageFields, pageOf } from "./page.ts";

export type AccountRoutesDeps = ApiKeyDeps & { readonly publicUrl: string };

/** What a caller has, and how it came to be: by his API key, or by his sign-in. */
export function accountRoutes(deps: AccountRoutesDeps): Hono {
  const routes = new Hono();
  routes.get("/balance", async (c) => {
    const body = await tellBalance(deps, credentialsOf(c));
    return c.json(body, { headers: { "Cache-Control": "no-store" } });
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
