import { Hono } from "hono";
import type { Deps } from "../../deps.ts";
import type { MaskedApiRoom } from "../../products/masked-api/room.ts";
import type { Shown } from "../endpoint-table.ts";
import { assetRoutes } from "./assets.ts";

/** What pages show, besides what the process is connected to. */
export type ShownOnPages = Shown & { readonly maskedApis: Pick<MaskedApiRoom, "catalog"> };

/** The shop for people with a browser. */
export function pageRoutes(_deps: Deps, _shown: ShownOnPages): Hono {
  const routes = new Hono();
  routes.route("/", assetRoutes());
  return routes;
}
