import type { Deps } from "./deps.ts";
import { topUpSale } from "./products/balance/top-up.ts";
import { numberSales } from "./products/numbers/sales.ts";
import { smsSale } from "./products/sms/send.ts";
import type { Sale } from "./sale.ts";

/** Everything that can be paid per call. */
export function offersOf({ phone, ...deps }: Deps): readonly Sale[] {
  const { receiver } = deps;
  return [
    ...(receiver ? [topUpSale({ ...deps, receiver })] : []),
    ...(phone ? [...numberSales({ ...deps, phone }), smsSale({ ...deps, phone })] : []),
  ];
}
