import type { SupplierNumber } from "../../env/otp.ts";
import type { Offers } from "./offers.ts";
import type { Supplier } from "./supplier.ts";

/** Where one of the suppliers sells. */
export type Counter = {
  readonly number: SupplierNumber;
  readonly offers: Offers;
  readonly supplier: Supplier;
  close(): Promise<void>;
};
