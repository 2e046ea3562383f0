import type { Deps } from "../../deps.ts";
import type { Sale } from "../../sale.ts";
import { listedSales } from "../listed-sales.ts";
import type { Tills } from "../sell.ts";
import { saleTools } from "./sale-tools.ts";
import type { Tool } from "./tool.ts";

/** What the tools are made of. */
export type Workshop = Tills & { readonly sales: readonly Sale[] };

/** Every tool there is. */
export function toolsOf(deps: Deps, workshop: Workshop): Tool[] {
  const sold = listedSales(deps, workshop.sales).map(({ sale }) => sale);
  return saleTools(workshop, sold);
}
