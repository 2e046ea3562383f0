import { z } from "zod";
import { SUPPLIER_NUMBERS, type SupplierNumber } from "../../env/otp.ts";
import { readJsonFile } from "../json-file.ts";

/** What the operator sells. The same `id`s stand in our paths and answers, the `code`s are the suppliers'. */
export type Catalog = { readonly services: readonly OtpService[]; readonly countries: readonly OtpCountry[] };

/** `timeoutSec`: how long an order waits for its code. */
export type OtpService = { id: string; name: string; code: Codes; timeoutSec: number };

/** `id`: ISO 3166-1 alpha-2 in lower case. */
export type OtpCountry = { id: string; name: string; code: Codes };

/** One code that all suppliers know, or each supplier's own, by its number. */
export type Codes = string | { readonly [N in SupplierNumber]?: string };

/** What one supplier sells, with its own codes. */
export type SupplierCatalog = { readonly services: readonly Coded[]; readonly countries: readonly Coded[] };
export type Coded = { readonly id: string; readonly code: string };

/** What has no code at a supplier is not sold by it. */
export function catalogAt({ services, countries }: Catalog, number: SupplierNumber): SupplierCatalog {
  const known = (all: readonly { id: string; code: Codes }[]) =>
    all.flatMap(({ id, code }) => {
      const own = codeAt(code, number);
      return own === undefined ? [] : [{ id, code: own }];
    });
  return { services: known(services), countries: known(countries) };
}

const codeAt = (codes: Codes, number: SupplierNumber): string | undefined =>
  typeof codes === "string" ? codes : codes[number];

/** As long as suppliers keep a number for its code. */
const USUAL_TIMEOUT_SEC = 1_200;

const name = z.string().min(1).max(100);
const CODE_RULE = "needs up to 40 letters, digits, dots, dashes or underscores";
const oneCode = z.string().regex(/^[\w.-]{1,40}$/, CODE_RULE);
const CODES_RULE = `${CODE_RULE}, or such a code by supplier's number: {"1": …, "2": …}`;
const isNumber = (name: string): boolean => SUPPLIER_NUMBERS.some((number) => String(number) === name);
const codes = z
  .record(z.string(), oneCode)
  .refine((all) => Object.keys(all).length > 0 && Object.keys(all).every(isNumber), CODES_RULE);
const code = z.union([oneCode, codes], CODES_RULE);
const service = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, "needs lower-case letters, digits, dashes or underscores"),
  name,
  code,
  timeoutSec: z.int().min(60).max(7_200).default(USUAL_TIMEOUT_SEC),
});
const country = z.strictObject({
  id: z.string().regex(/^[a-z]{2}$/, "needs two lower-case letters, as in ISO 3166-1"),
  name,
  code,
});
const file = z.strictObject({
  services: z.array(service).min(1).max(10_000).superRefine(once),
  countries: z.array(country).min(1).max(300).superRefine(once),
});

/**
 * Reads the operator's file:
 * `{"services": [{"id": "discord", "name": "Discord", "code": "ds", "timeoutSec": 1200},
 *     {"id": "mail", "name": "Mail", "code": {"1": "ma", "3": "mail"}}, …],
 *   "countries": [{"id": "id", "name": "Indonesia", "code": "6"}, …]}`.
 * `timeoutSec` may be left out (1200, from 60 to 7200). Ids stand once each, codes once for each supplier.
 * @throws Error that names the file and every field that is wrong
 */
export const readCatalog = (path: string): Promise<Catalog> => readJsonFile("OTP_CATALOG", path, file);

/** Two names for one thing would make two prices and stocks of it. */
function once(items: readonly { id: string; code: unknown }[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  const look = (at: readonly (string | number)[], words: string, names: readonly string[]) => {
    if (names.some((one) => seen.has(one)))
      context.addIssue({ code: "custom", path: [...at], message: `"${words}" stands there twice` });
    for (const one of names) seen.add(one);
  };
  for (const [index, { id, code: given }] of items.entries()) {
    look([index, "id"], id, [`id ${id}`]);
    if (typeof given === "string")
      look(
        [index, "code"],
        given,
        SUPPLIER_NUMBERS.map((n) => `${n} ${given}`),
      );
    else
      for (const [number, own] of Object.entries(given as object))
        look([index, "code", number], own, [`${number} ${own}`]);
  }
}
