import { Hono } from "hono";
import type { Deps } from "../../deps.ts";
import { readJson } from "../../identity/json-body.ts";
import { admitOperator } from "../../identity/operator.ts";
import { saleState, setSale } from "./sale-switch.ts";

/** `/sales/codes` under /api/v1/operator: how the sale stands, and the switch that pauses it. */
export function codeSaleRoutes(deps: Pick<Deps, "db" | "clock" | "log" | "operatorToken">): Hono {
  const routes = new Hono();
  const headers = { "Cache-Control": "no-store" };
  routes.get("/sales/codes", async (c) => {
    admitOperator(deps, c.req.header("authorization"));
    return c.json(await saleState(deps), { headers });
  });
  routes.put("/sales/codes", async (c) => {
    admitOperator(deps, c.req.header("authorization"));
    const answer = await setSale(deps, await readJson(c.req.raw));
    deps.log.warn({ paused: answer.paused }, "the operator has switched the sale of codes");
    return c.json(answer, { headers });
  });
  return routes;
}
