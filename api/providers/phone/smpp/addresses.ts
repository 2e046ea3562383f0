import { type CountryCode, parsePhoneNumberFromString } from "libphonenumber-js/min";
import type { Address } from "./pdu.ts";

/** SMPP 3.4, 5.2.5 and 5.2.6. */
const TON = { international: 1, national: 2, network: 3, alphanumeric: 5 } as const;
const NPI = { unknown: 0, isdn: 1 } as const;

/** How the carrier writes senders and recipients. */
export type Addresses = {
  /** Undefined: the pool's. */
  sender(line: string | undefined): Address;
  number(phoneNumber: string): Address;
};

export function addressesOf(pool: string): Addresses {
  return { sender: (line) => (line === undefined ? poolAddress(pool) : international(line)), number: international };
}

const international = (phoneNumber: string): Address => ({
  ton: TON.international,
  npi: NPI.isdn,
  address: phoneNumber.slice(1),
});

function poolAddress(pool: string): Address {
  if (pool.startsWith("+")) return international(pool);
  const ton = /^\d+$/.test(pool) ? TON.network : TON.alphanumeric;
  return { ton, npi: NPI.unknown, address: pool };
}

/** The same for one number, whether or not the carrier writes its plus sign. */
export const plain = (address: string): string => address.replace(/^(?:\+|00)(?=\d)/, "");

/** Long enough to hold a country's code: carriers that do not say what a number is mean such by it. */
const WITH_COUNTRY = /^[1-9]\d{7,14}$/;

/**
 * Who wrote to a line in `country`, in E.164 form where it is a number that could be written to: what he wishes counts
 * for that. Short codes and names stay as they are. Some call every number national, whatever it begins with.
 */
export function writerOf({ ton, address }: Address, country: string | undefined): string {
  if (ton === TON.alphanumeric) return address;
  const national = ton === TON.national ? parsePhoneNumberFromString(address, country as CountryCode) : undefined;
  if (national?.isPossible()) return national.number;
  const digits = plain(address);
  return WITH_COUNTRY.test(digits) && ton !== TON.network ? `+${digits}` : address;
}
