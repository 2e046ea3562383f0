import { Hono } from "hono";
import { listAudit } from "../../audit.ts";
import type { Deps } from "../../deps.ts";
import { readJson } from "../../identity/json-body.ts";
import { admitOperator } from "../../identity/operator.ts";
import { pageOf } from "../../identity/page.ts";
import { spanOf } from "../../identity/span.ts";
import { marginsOf } from "./margins.ts";
import { saleOf, setSale, switchOf } from "./sales.ts";

type OperatorDeps = Pick<Deps, "db" | "clock" | "log" | "operatorToken" | "rules">;

/** What only the operator may see and do, under /api/v1/operator. */
export function operatorRoutes(deps: OperatorDeps): Hono {
  const routes = new Hono();
  const headers = { "Cache-Control": "no-store" };
  routes.get("/sales/:product", async (c) => {
    admitOperator(deps, c.req.header("authorization"));
    return c.json(await saleOf(deps, switchOf(c.req.param("product"))), { headers });
  });
  routes.put("/sales/:product", async (c) => {
    admitOperator(deps, c.req.header("authorization"));
    const product = switchOf(c.req.param("product"));
    const answer = await setSale(deps, product, await readJson(c.req.raw));
    deps.log.warn({ product, paused: answer.paused }, "the operator has switched a sale");
    return c.json(answer, { headers });
  });
  routes.get("/audit", async (c) => {
    admitOperator(deps, c.req.header("authorization"));
    const page = pageOf(c.req.query());
    const rows = await listAudit(deps.db.pool, page);
    const entries = rows.map(({ first_at: firstAt, last_at: lastAt, times, actor, action, facts }) => ({
      actor,
      action,
      ...facts,
      times,
      first_at: firstAt.toISOString(),
      last_at: lastAt.toISOString(),
    }));
    return c.json({ success: true, entries, count: entries.length, ...page }, { headers });
  });
  routes.get("/margins", async (c) => {
    admitOperator(deps, c.req.header("authorization"));
    const span = spanOf(c.req.query(), deps.clock.nowMs());
    return c.json(await marginsOf(deps, span), { headers });
  });
  return routes;
}
