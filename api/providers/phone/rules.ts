import { Tally } from "../../metrics.ts";
import { PRICES } from "../../prices.ts";
import { plainNumber } from "./country.ts";
import { type CountryFile, type RulesFile, readRules } from "./rules/file.ts";
import { type QuietHours, quietHours } from "./rules/quiet-hours.ts";
import { RefusalCounts } from "./rules/refusal-counts.ts";

/** What the operator allows, and for how much. */
export type PhoneRules = {
  /** Undefined asks for networks of no country. */
  of(country: string | undefined): CountryRules;
  isBlocked(phoneNumber: string): boolean;
  /** Whether what is paid differs from one country to another. */
  readonly variesBy: { readonly texts: boolean; readonly lines: boolean; readonly renewals: boolean };
  /** Whether there is any text, or line, that is not sold. */
  readonly restrictsTexts: boolean;
  readonly restrictsLines: boolean;
  readonly caps: RulesFile["caps"];
  /** In capitals, besides those that carriers agree on. */
  readonly words: OptWords;
  /** Absent: for ever. */
  readonly keepMessagesDays: number | undefined;
  /** What was refused before any money, until it is written down. */
  readonly refusals: RefusalCounts;
};

export type CountryRules = {
  readonly texts: boolean;
  readonly lines: boolean;
  readonly textMicroUsd: bigint;
  readonly lineMicroUsd: bigint;
  readonly renewalMicroUsd: bigint;
  /** What a line may cost us a month. */
  readonly maxLineCostMicroUsd: bigint | undefined;
  /** What a part of a text is taken to have cost, where the carrier tells nothing. */
  readonly textCostMicroUsd: bigint | undefined;
  readonly requirements: Readonly<Record<string, string>> | undefined;
  readonly quiet: QuietHours | undefined;
};

export type OptWords = { readonly stop: ReadonlySet<string>; readonly start: ReadonlySet<string> };

/** Without a file everything is allowed, at the usual prices. @throws Error that says what is wrong with the file */
export async function openRules(path: string | undefined, tally: Tally): Promise<PhoneRules> {
  return path === undefined ? rulesOf(EMPTY, tally) : rulesOf(await readRules(path), tally);
}

const EMPTY: RulesFile = { countries: {}, blocked: [], caps: {}, stopWords: [], startWords: [] };

export function rulesOf(file: RulesFile, tally: Tally): PhoneRules {
  const usual = file.countries["*"] ?? {};
  const others = countryRules(usual);
  const countries = new Map(
    Object.entries(file.countries).map(([id, own]) => [id, countryRules({ ...usual, ...own })] as const),
  );
  const blocked = new Set(file.blocked);
  const all = [...countries.values()];
  const varies = (price: "textMicroUsd" | "lineMicroUsd" | "renewalMicroUsd") =>
    all.some((rules) => rules[price] !== others[price]);
  return {
    of: (country) => (country === undefined ? others : (countries.get(country) ?? others)),
    isBlocked: (phoneNumber) =>
      blocked.size > 0 &&
      [phoneNumber, plainNumber(phoneNumber)].some((spelling) =>
        beginningsOf(spelling).some((one) => blocked.has(one)),
      ),
    variesBy: { texts: varies("textMicroUsd"), lines: varies("lineMicroUsd"), renewals: varies("renewalMicroUsd") },
    restrictsTexts: blocked.size > 0 || all.some(({ texts, quiet }) => !texts || quiet),
    restrictsLines: all.some(({ lines }) => !lines),
    caps: file.caps,
    words: { stop: new Set(file.stopWords.map(plainWord)), start: new Set(file.startWords.map(plainWord)) },
    keepMessagesDays: file.keepMessagesDays,
    refusals: new RefusalCounts(tally),
  };
}

const countryRules = (of: CountryFile): CountryRules => ({
  texts: of.texts ?? true,
  lines: of.lines ?? true,
  textMicroUsd: microUsd(of.textUsd) ?? PRICES.smsMicroUsd,
  lineMicroUsd: microUsd(of.lineUsd) ?? PRICES.lineMicroUsd,
  renewalMicroUsd: microUsd(of.renewalUsd) ?? PRICES.lineRenewalMicroUsd,
  maxLineCostMicroUsd: microUsd(of.maxLineCostUsd),
  textCostMicroUsd: microUsd(of.textCostUsd),
  requirements: of.requirements,
  quiet: of.quietHours && quietHours(of.quietHours),
});

const microUsd = (dollars: number | undefined): bigint | undefined =>
  dollars === undefined ? undefined : BigInt(Math.round(dollars * 1e6));

const beginningsOf = (phoneNumber: string): string[] =>
  Array.from({ length: phoneNumber.length - 1 }, (_, i) => phoneNumber.slice(0, i + 2));

/** As words are compared: letters' case and what surrounds them do not matter. */
export const plainWord = (text: string): string =>
  text
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

/** What holds where nobody ruled anything. */
export const NO_RULES: PhoneRules = rulesOf(EMPTY, new Tally());
