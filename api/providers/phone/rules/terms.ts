import { countryOf } from "../country.ts";
import { E164 } from "../fields.ts";
import { NO_RULES } from "../rules.ts";
import { assertRules, type RuleDeps } from "./judge.ts";

type Asked = { readonly body: unknown };

/** What a sale says of its price before anything is checked or paid; what stays the same for everybody is left out. */
export type Terms = {
  readonly priceMicroUsd: bigint;
  priceFor?(asked: Asked): bigint;
  assertSold?(asked: Asked): void;
};

/** Of a text, by the country of `to`. */
export function textTerms(deps: RuleDeps): Terms {
  const { rules = NO_RULES } = deps;
  const priceMicroUsd = rules.of(undefined).textMicroUsd;
  const priceOf = (to: string) => rules.of(countryOf(to)).textMicroUsd;
  return {
    priceMicroUsd,
    ...(rules.variesBy.texts && { priceFor: (asked) => ifPhone(asked, "to", priceOf) ?? priceMicroUsd }),
    ...(rules.restrictsTexts && {
      assertSold: (asked) => void ifPhone(asked, "to", (to) => assertRules(deps, { what: "text", to })),
    }),
  };
}

/** Of a line, by `country`. */
export function lineTerms(deps: RuleDeps, usual: string | undefined): Terms {
  const { rules = NO_RULES } = deps;
  const priceMicroUsd = rules.of(usual).lineMicroUsd;
  const countryIn = ({ body }: Asked) => usual ?? fieldOf(body, "country");
  return {
    priceMicroUsd,
    ...(rules.variesBy.lines && { priceFor: (asked) => rules.of(countryIn(asked)).lineMicroUsd }),
    ...(rules.restrictsLines && {
      assertSold: (asked) => {
        const country = countryIn(asked);
        if (country !== undefined) assertRules(deps, { what: "number", country });
      },
    }),
  };
}

/** Of a line that is renewed, by the country of its `phoneNumber`. */
export function renewalTerms({ rules = NO_RULES }: Pick<RuleDeps, "rules">): Terms {
  const priceMicroUsd = rules.of(undefined).renewalMicroUsd;
  const priceOf = (line: string) => rules.of(countryOf(line)).renewalMicroUsd;
  return {
    priceMicroUsd,
    ...(rules.variesBy.renewals && {
      priceFor: (asked) => ifPhone(asked, "phoneNumber", priceOf) ?? priceMicroUsd,
    }),
  };
}

/** Such as " Prices differ by country: …", where they do. */
export const byCountry = (differs: boolean | undefined): string =>
  differs ? " Prices differ by country: the answer 402 tells yours." : "";

const ifPhone = <T>({ body }: Asked, field: string, then: (phoneNumber: string) => T): T | undefined => {
  const given = fieldOf(body, field);
  return given !== undefined && E164.test(given) ? then(given) : undefined;
};

function fieldOf(body: unknown, field: string): string | undefined {
  const value = (body as Record<string, unknown> | null | undefined)?.[field];
  return typeof value === "string" ? value : undefined;
}
