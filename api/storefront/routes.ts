import { Hono } from "hono";
import { Gauge } from "prom-client";
import type { Deps } from "../deps.ts";
import type { MaskedApiRoom } from "../products/masked-api/room.ts";
import type { Sale } from "../sale.ts";
import { agentDocs, guidance, listedDocs } from "./agent-docs.ts";
import { discoveryRoutes } from "./discovery-routes.ts";
import { endpointsOf } from "./endpoints.ts";
import { FAVICON } from "./favicon.ts";
import { createReadiness } from "./health.ts";
import { listedSales } from "./listed-sales.ts";
import { openApi } from "./openapi.ts";
import { pageRoutes } from "./pages/routes.ts";
import { shared } from "./shared.ts";

const METRICS_KEPT_MS = 500;

/** What there is to be shown. */
export type ShopFloor = {
  readonly sales: readonly Sale[];
  readonly maskedApis: Pick<MaskedApiRoom, "listing" | "catalog">;
};

/** What operators and agents look at: life signs, metrics, what is sold and how. */
export function storefrontRoutes(deps: Deps, shown: ShopFloor): Hono {
  const routes = new Hono();
  const readiness = createReadiness(deps);
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
  routes.route("/", shopWindow(deps, shown));
  return routes;
}

/** Nothing in it changes while we run but what merchants list. */
function shopWindow(deps: Deps, { sales, maskedApis }: ShopFloor): Hono {
  const routes = new Hono();
  const listed = listedSales(deps, sales);
  const groups = endpointsOf(deps);
  const shown = { groups, sales: listed.map(({ sale }) => sale) };
  const docs = agentDocs(deps, shown);
  const { listing } = maskedApis;
  const api = openApi(deps, { listed, groups, guidance: guidance(deps, shown) });
  routes.get("/openapi.json", (c) => c.json(api));
  routes.get("/llms.txt", async (c) => c.text(docs + listedDocs(deps, await listing.all().catch(() => []))));
  routes.get("/favicon.svg", (c) => c.body(FAVICON, 200, { "Content-Type": "image/svg+xml" }));
  routes.route("/", discoveryRoutes(deps, { listed, listing }));
  routes.route("/", pageRoutes(deps, { ...shown, maskedApis }));
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
