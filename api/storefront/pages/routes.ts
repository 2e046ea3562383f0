import { Hono } from "hono";
import type { Deps } from "../../deps.ts";
import type { MaskedApiRoom } from "../../products/masked-api/room.ts";
import { createTokenFacts } from "../../providers/token-facts.ts";
import type { Shown } from "../endpoint-table.ts";
import { tokenRoutes } from "../token-routes.ts";
import { assetRoutes } from "./assets.ts";
import { dashboardRoutes } from "./dashboard-page.ts";
import { docsRoutes } from "./docs.ts";
import { gatePage } from "./gate-page.ts";
import { homePage } from "./home-page.ts";
import { payPage } from "./pay-page.ts";

/** What pages show, besides what the process is connected to. */
export type ShownOnPages = Shown & { readonly maskedApis: Pick<MaskedApiRoom, "catalog"> };

/** The shop for people with a browser. */
export function pageRoutes(deps: Deps, shown: ShownOnPages): Hono {
  const routes = new Hono();
  const tokenFacts = createTokenFacts(deps.chain);
  routes.route("/", assetRoutes());
  routes.get("/", homePage(deps, shown));
  routes.route("/", docsRoutes(deps, shown));
  routes.route("/", dashboardRoutes(deps, shown));
  routes.route("/", gatePage({ ...deps, tokenFacts }));
  routes.route("/", tokenRoutes(tokenFacts));
  // Last: its path has only a parameter.
  routes.route("/", payPage({ ...deps, tokenFacts }, shown.maskedApis));
  return routes;
}
