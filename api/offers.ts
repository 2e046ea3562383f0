import type { Deps } from "./deps.ts";
import { numberSales } from "./products/numbers/sales.ts";
import { smsSale } from "./products/sms/send.ts";
import type { Sale } from "./sale.ts";

/** Everything that can be paid per call. */
export function offersOf({ phone, ...deps }: Deps): readonly Sale[] {
  return phone ? [...numberSales({ ...deps, phone }), smsSale({ ...deps, phone })] : [];
}
