import { ApiError } from "../../errors.ts";
import { TOP_UP } from "../../limits.ts";
import { dollarsOf, microUsdOf } from "../../prices.ts";
import type { Call } from "../../sale.ts";

export const LIMITS_USD = {
  min_usd: dollarsOf(TOP_UP.minMicroUsd),
  default_usd: dollarsOf(TOP_UP.usualMicroUsd),
  max_usd: dollarsOf(TOP_UP.maxMicroUsd),
};

/**
 * How much a top-up shall be, from `amount_usd` of the body or `amount` of the query; the usual amount where neither is
 * given. In micro-USD.
 *
 * @throws ApiError invalid_field, with the limits in its details
 */
export function amountOf({ body, query }: Pick<Call, "body" | "query">): bigint {
  const inQuery = fromQuery(query.getAll("amount"));
  const inBody = fromBody(body);
  if (inQuery !== undefined && inBody !== undefined && inQuery !== inBody)
    throw refused("amount", "differs from amount_usd");
  return inBody ?? inQuery ?? TOP_UP.usualMicroUsd;
}

function fromBody(body: unknown): bigint | undefined {
  if (body === undefined) return undefined;
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw refused("body", "must be an object");
  // Who misspells the amount shall not pay another one.
  const stray = Object.keys(body).find((name) => name !== AMOUNT);
  if (stray !== undefined) throw refused(stray.slice(0, 100), `is not known here; the amount is ${AMOUNT}`);
  if (!Object.hasOwn(body, AMOUNT)) return undefined;
  const given = (body as Record<string, unknown>)[AMOUNT];
  return within(AMOUNT, typeof given === "number" ? microUsdOf(given) : undefined);
}

function fromQuery(given: readonly string[]): bigint | undefined {
  const [first, ...more] = given;
  if (first === undefined) return undefined;
  if (more.length > 0) throw refused("amount", "is given twice");
  return within("amount", /^\d{1,9}(?:\.\d{1,2})?$/.test(first) ? microUsdOf(Number(first)) : undefined);
}

const AMOUNT = "amount_usd";
const RULE = `must be a number of US dollars from ${LIMITS_USD.min_usd} to ${LIMITS_USD.max_usd}, in whole cents`;

function within(field: string, microUsd: bigint | undefined): bigint {
  if (microUsd === undefined || microUsd < TOP_UP.minMicroUsd || microUsd > TOP_UP.maxMicroUsd)
    throw refused(field, RULE);
  return microUsd;
}

const refused = (field: string, reason: string): ApiError =>
  new ApiError("invalid_field", { message: `${field}: ${reason}`, details: { field, ...LIMITS_USD } });
