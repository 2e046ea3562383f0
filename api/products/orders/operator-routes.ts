import { Hono } from "hono";
import type { Deps } from "../../deps.ts";
import { admitOperator } from "../../identity/operator.ts";
import { saleState } from "./sale-state.ts";

/** `/sales/codes` under /api/v1/operator: how the sale stands, and what went amiss. */
export function codeSaleRoutes(deps: Pick<Deps, "db" | "clock" | "operatorToken">): Hono {
  const routes = new Hono();
  const headers = { "Cache-Control": "no-store" };
  routes.get("/sales/codes", async (c) => {
    admitOperator(deps, c.req.header("authorization"));
    return c.json(await saleState(deps), { headers });
  });
  return routes;
}
