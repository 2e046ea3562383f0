import type { Deps } from "../../deps.ts";
import type { MaskedApiRoom } from "../../products/masked-api/room.ts";
import type { Sale } from "../../sale.ts";
import { createDiscovery } from "../discovery-routes.ts";
import { endpointsOf } from "../endpoints.ts";
import { listedSales } from "../listed-sales.ts";
import type { Tills } from "../sell.ts";
import { accountTools, type Books } from "./account-tools.ts";
import { codeTools } from "./code-tools.ts";
import { discoveryTool } from "./discovery-tool.ts";
import { maskedApiTools } from "./masked-api-tools.ts";
import { saleTools } from "./sale-tools.ts";
import type { Tool } from "./tool.ts";
import { verificationTools } from "./verification-tools.ts";

/** What the tools are made of. */
export type Workshop = Tills & Books & { readonly sales: readonly Sale[]; readonly maskedApis: MaskedApiRoom };

/** Every tool there is: what is sold, from the same list as everything else that shows it, and what goes with it. */
export function toolsOf(deps: Deps, workshop: Workshop): Tool[] {
  const { sales, maskedApis, codes } = workshop;
  const listed = listedSales(deps, sales);
  return [
    ...saleTools(
      workshop,
      listed.map(({ sale }) => sale),
    ),
    ...(deps.phone ? verificationTools(deps) : []),
    ...(codes.selling ? codeTools(deps, codes.selling) : []),
    ...accountTools(deps, workshop),
    ...maskedApiTools(deps, maskedApis),
    discoveryTool(createDiscovery(deps, { listed, listing: maskedApis.listing }), endpointsOf(deps)),
  ];
}
