import type { Deps } from "./deps.ts";
import { creditsSale } from "./products/balance/credits.ts";
import { topUpSale } from "./products/balance/top-up.ts";
import { lookupSale } from "./products/lookup/lookup.ts";
import { numberSales } from "./products/numbers/sales.ts";
import { smsSale } from "./products/sms/send.ts";
import { startSale } from "./products/verifications/start.ts";
import type { PhoneProvider } from "./providers/phone.ts";
import type { Sale } from "./sale.ts";

/** Everything that can be paid per call. */
export function offersOf({ phone, ...deps }: Deps): readonly Sale[] {
  const { receiver } = deps;
  return [
    ...(receiver ? [topUpSale({ ...deps, receiver }), creditsSale(deps)] : []),
    ...(phone ? [...numberSales({ ...deps, phone }), smsSale({ ...deps, phone }), startSale({ ...deps, phone })] : []),
    ...(phone && looksUp(phone) ? [lookupSale({ ...deps, phone })] : []),
  ];
}

const looksUp = (phone: PhoneProvider): phone is PhoneProvider & Required<Pick<PhoneProvider, "lookUp">> =>
  phone.lookUp !== undefined;
