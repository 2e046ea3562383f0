import { isSupportedCountry, type PhoneNumber, parsePhoneNumberFromString } from "libphonenumber-js/max";
import { z } from "zod";
import { invalidField } from "../../errors.ts";
import { E164, readFields } from "../../providers/phone/fields.ts";
import type { JsonObject } from "../../sale.ts";

const shape = z.object({
  phoneNumber: z.string("must be a phone number, as a string").max(40, "must have at most 40 characters"),
  country: z.string("must be an ISO 3166-1 country code, such as GB").optional(),
});

/**
 * The number that is asked about, in E.164: written however people do, where it says its country code or `country` says
 * where it was written down.
 *
 * @throws ApiError invalid_field
 */
export function readNumber(body: unknown): string {
  const { phoneNumber, country } = readFields(shape, body);
  if (country !== undefined && !isSupportedCountry(country))
    throw invalidField("country", "must be an ISO 3166-1 country code, such as GB");
  const written = { extract: false, ...(country !== undefined && { defaultCountry: country }) };
  const read = parsePhoneNumberFromString(phoneNumber, written);
  if (!read || read.ext || !E164.test(read.number))
    throw invalidField("phoneNumber", "must be a phone number, such as +12125551234, or with country as written there");
  return read.number;
}

/** What the numbering plans say of it. */
export function formatOf(phoneNumber: string): JsonObject {
  const read = parsePhoneNumberFromString(phoneNumber) as PhoneNumber;
  return {
    phoneNumber,
    valid: read.isValid(),
    country: read.country ?? null,
    callingCode: read.countryCallingCode,
    nationalFormat: read.formatNational(),
    internationalFormat: read.formatInternational(),
  };
}
