import { type CountryCallingCode, parsePhoneNumberFromString } from "libphonenumber-js/max";
import metadata from "libphonenumber-js/max/metadata";
import { CACHE, Recent } from "../../limits.ts";

/** Of a calling code the one that runs its plan comes first. */
const countries: Readonly<Partial<Record<CountryCallingCode, readonly string[]>>> = metadata.country_calling_codes;

type Read = { readonly country: string | undefined; readonly number: string };

/** A request asks for the same one several times. */
const known = new Recent<Read>(CACHE.phoneNumbers);

/**
 * ISO 3166-1 alpha-2 of a number in E.164 form; undefined for networks of no country. What stands in no country's plan
 * counts as of the first one with its calling code: there it is written to, and billed.
 */
export const countryOf = (phoneNumber: string): string | undefined => read(phoneNumber).country;

/** The one spelling of a number: networks take +44 0… for +44…, and whoever is counted or blocked is so under both. */
export const plainNumber = (phoneNumber: string): string => read(phoneNumber).number;

function read(phoneNumber: string): Read {
  const found = known.get(phoneNumber) ?? look(phoneNumber);
  known.set(phoneNumber, found);
  return found;
}

function look(phoneNumber: string): Read {
  const parsed = parsePhoneNumberFromString(phoneNumber, { extract: false });
  const country = parsed?.country ?? (parsed && countries[parsed.countryCallingCode]?.[0]);
  return { country: country === "001" ? undefined : country, number: parsed?.number ?? phoneNumber };
}
