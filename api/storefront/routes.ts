import { Hono } from "hono";
import type { Deps } from "../deps.ts";
import { agentDocs } from "./agent-docs.ts";
import { createReadiness } from "./health.ts";

/** What operators and agents look at: life signs, metrics, the manual. */
export function storefrontRoutes(deps: Deps): Hono {
  const routes = new Hono();
  const readiness = createReadiness(deps);
  const docs = agentDocs(deps);
  routes.get("/healthz", (c) => c.json({ ok: true }));
  routes.get("/readyz", async (c) => {
    const answer = await readiness();
    c.header("Cache-Control", "no-store");
    return c.json(answer, answer.ready ? 200 : 503);
  });
  routes.get("/metrics", async (c) => {
    const { registry } = deps.metrics;
    return c.body(await registry.metrics(), 200, { "Content-Type": registry.contentType });
  });
  routes.get("/llms.txt", (c) => c.text(docs));
  return routes;
}
