import { expect, it } from "vitest";
import { countryOf, plainNumber } from "../../../api/providers/phone/country.ts";

it.each([
  ["+12125551234", "US"],
  ["+14165550123", "CA"],
  ["+18765550123", "JM"],
  ["+441481960194", "GG"],
  ["+77011234567", "KZ"],
  ["+79261234567", "RU"],
  ["+3906123456", "IT"],
  // In nobody's plan: where they would be billed.
  ["+1234567890", "US"],
  ["+447700900123", "GB"],
  // Networks of no country, and no network at all.
  ["+883510001234", undefined],
  ["+870772001234", undefined],
  ["+999123456", undefined],
])("%s is of %s", (phoneNumber, country) => {
  expect([countryOf(phoneNumber), countryOf(phoneNumber)]).toEqual([country, country]);
});

it.each([
  ["+447700900123", "+447700900123"],
  ["+4407700900123", "+447700900123"],
  ["+112125551234", "+12125551234"],
  ["+49017139200001", "+4917139200001"],
  ["+3906123456", "+3906123456"],
  ["+883510001234", "+883510001234"],
  ["+999123456", "+999123456"],
  ["72345", "72345"],
  ["call +447700900123", "call +447700900123"],
])("%s is written %s", (phoneNumber, plain) => {
  expect([plainNumber(phoneNumber), plainNumber(plain)]).toEqual([plain, plain]);
});
