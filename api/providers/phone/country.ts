import { type CountryCallingCode, parsePhoneNumberFromString } from "libphonenumber-js/max";
import metadata from "libphonenumber-js/max/metadata";
import { CACHE, Recent } from "../../limits.ts";

/** Of a calling code the one that runs its plan comes first. */
const countries: Readonly<Partial<Record<CountryCallingCode, readonly string[]>>> = metadata.country_calling_codes;

/** A request asks for the same one several times; undefined cannot be told from one that is not there. */
const known = new Recent<string>(CACHE.phoneNumbers);
const NONE = "";

/**
 * ISO 3166-1 alpha-2 of a number in E.164 form; undefined for networks of no country. What stands in no country's plan
 * counts as of the first one with its calling code: there it is written to, and billed.
 */
export function countryOf(phoneNumber: string): string | undefined {
  const found = known.get(phoneNumber) ?? look(phoneNumber);
  known.set(phoneNumber, found);
  return found === NONE ? undefined : found;
}

function look(phoneNumber: string): string {
  const parsed = parsePhoneNumberFromString(phoneNumber);
  const country = parsed?.country ?? (parsed && countries[parsed.countryCallingCode]?.[0]);
  return country === undefined || country === "001" ? NONE : country;
}
