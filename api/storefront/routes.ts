import { Hono } from "hono";
import { Gauge } from "prom-client";
import type { Deps } from "../deps.ts";
import { agentDocs } from "./agent-docs.ts";
import { createReadiness } from "./health.ts";
import { shared } from "./shared.ts";

const METRICS_KEPT_MS = 500;

/** What operators and agents look at: life signs, metrics, the manual. */
export function storefrontRoutes(deps: Deps): Hono {
  const routes = new Hono();
  const readiness = createReadiness(deps);
  const docs = agentDocs(deps);
  measureLag(deps);
  routes.get("/healthz", (c) => c.json({ ok: true }));
  routes.get("/readyz", async (c) => {
    const answer = await readiness();
    c.header("Cache-Control", "no-store");
    return c.json(answer, answer.ready ? 200 : 503);
  });
  const { registry } = deps.metrics;
  const metrics = shared({ clock: deps.clock, keptMs: METRICS_KEPT_MS }, () => registry.metrics());
  routes.get("/metrics", async (c) => c.body(await metrics(), 200, { "Content-Type": registry.contentType }));
  routes.get("/llms.txt", (c) => c.text(docs));
  return routes;
}

/** Asked when somebody scrapes, not by a clock. */
function measureLag({ metrics, indexed }: Deps): void {
  new Gauge({
    name: "turnpike_index_lag_seconds",
    help: "Age of the oldest block that is not indexed yet, by chain",
    labelNames: ["chain"],
    registers: [metrics.registry],
    async collect() {
      for (const { chainId, lagSec } of await indexed.freshness().catch(() => [])) this.set({ chain: chainId }, lagSec);
    },
  });
}
