import type { Sale } from "../../sale.ts";
import { type BuyDeps, buySale } from "./buy.ts";
import { renewSale } from "./renew.ts";
import { type LineSendDeps, lineSendSale } from "./send.ts";

/** What is sold about lines. */
export const numberSales = (deps: BuyDeps & LineSendDeps): Sale[] => [
  buySale(deps, "us"),
  buySale(deps, "intl"),
  lineSendSale(deps),
  renewSale(deps),
];
