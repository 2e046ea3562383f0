import { SUPPLIER_NUMBERS, type SupplierNumber } from "../../env/otp.ts";

/** An activation of one supplier. */
export type Activation = { readonly number: SupplierNumber; readonly id: string };

/** Under one name for all suppliers: `3:100001`. The first one's have none, as when it was the only one. */
export const nameOf = ({ number, id }: Activation): string => (number === 1 ? id : `${number}:${id}`);

/** No supplier's own id has a colon. */
export function activationOf(name: string): Activation {
  const [, digit, id] = /^([2-9]):(.*)$/s.exec(name) ?? [];
  const number = SUPPLIER_NUMBERS.find((one) => one === Number(digit));
  return number !== undefined && id !== undefined ? { number, id } : { number: 1, id: name };
}
