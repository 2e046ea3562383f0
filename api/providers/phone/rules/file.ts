import { isSupportedCountry } from "libphonenumber-js/max";
import { z } from "zod";
import { readJsonFile } from "../../json-file.ts";

const usd = (most: number) => z.number().min(0.0001).max(most);
const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "needs a time such as 21:00");
const timeZone = z.string().refine(isTimeZone, "is not an IANA time zone, such as Europe/Berlin");
const aDay = z.int().min(1).max(1_000_000_000);
// Words are compared by their letters and digits: one without any would be every message without any.
const word = z
  .string()
  .max(40)
  .regex(/[\p{L}\p{N}]/u, "needs a letter or a digit");
const words = z.array(word).max(200);

const country = z.strictObject({
  texts: z.boolean(),
  lines: z.boolean(),
  textUsd: usd(100),
  lineUsd: usd(10_000),
  renewalUsd: usd(10_000),
  maxLineCostUsd: usd(10_000),
  textCostUsd: z.number().min(0).max(100),
  requirements: z.record(z.string().min(1).max(100), z.string().min(1).max(500)),
  quietHours: z
    .strictObject({ from: clock, to: clock, timeZones: z.array(timeZone).min(1).max(30) })
    .refine(({ from, to }) => from !== to, "must not begin when it ends"),
});

const countryId = z
  .string()
  .refine((id): boolean => id === "*" || isSupportedCountry(id), 'is neither "*" nor a country, as in ISO 3166-1');

const file = z.strictObject({
  countries: z.record(countryId, country.partial()).default({}),
  blocked: z
    .array(z.string().regex(/^\+[1-9]\d{0,14}$/, "needs a number or how numbers begin, such as +1900"))
    .max(100_000)
    .default([]),
  caps: z
    .strictObject({ textsPerPayerADay: aDay, textsPerDestinationADay: aDay, textsADay: aDay })
    .partial()
    .default({}),
  stopWords: words.default([]),
  startWords: words.default([]),
  keepMessagesDays: z.int().min(1).max(36_500).optional(),
});

/** What the operator wrote; of a country, and of `*` for those that say nothing else. */
export type RulesFile = z.infer<typeof file>;
export type CountryFile = z.infer<ReturnType<typeof country.partial>>;

/**
 * Reads the operator's file; everything in it may be left out:
 * `{"countries": {"*": {"texts": true, "lines": false, "textUsd": 0.08, "textCostUsd": 0.02},
 *   "US": {"lines": true, "lineUsd": 100, "renewalUsd": 60, "maxLineCostUsd": 2.5, "requirements": {"AddressSid": "AD…"},
 *     "quietHours": {"from": "21:00", "to": "08:00", "timeZones": ["America/New_York", "America/Los_Angeles"]}}},
 *   "blocked": ["+1900"], "caps": {"textsPerPayerADay": 500, "textsPerDestinationADay": 20, "textsADay": 10000},
 *   "stopWords": ["ARRET"], "startWords": ["OUI"], "keepMessagesDays": 30}`.
 * @throws Error that names the file and every field that is wrong
 */
export const readRules = (path: string): Promise<RulesFile> => readJsonFile("PHONE_RULES", path, file);

function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat("en", { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
