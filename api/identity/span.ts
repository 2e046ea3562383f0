import { DAY_MS } from "../clock.ts";
import { invalidField } from "../errors.ts";
import { EARNINGS } from "../limits.ts";

/** Days in UTC, both ends within. */
export type Span = { readonly from: string; readonly to: string };

/** From a query's `from` and `to`: the last 30 days unless told. @throws ApiError invalid_field */
export function spanOf({ from, to }: Record<string, string>, nowMs: number): Span {
  const last = dayOf("to", to) ?? Math.floor(nowMs / DAY_MS);
  const first = dayOf("from", from) ?? last - EARNINGS.usualDays + 1;
  if (first > last) throw invalidField("from", "must not be after to");
  if (last - first >= EARNINGS.mostDays)
    throw invalidField("from", `at most ${EARNINGS.mostDays} days are told at once`);
  return { from: isoDay(first), to: isoDay(last) };
}

function dayOf(field: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const ms = /^\d{4}-\d\d-\d\d$/.test(given) ? Date.parse(`${given}T00:00:00Z`) : Number.NaN;
  // JavaScript takes the 31st of June for the 1st of July, and knows a year 0, which Postgres does not.
  if (!(ms >= 0) || isoDay(ms / DAY_MS) !== given) throw invalidField(field, "must be a day such as 2026-11-21");
  return ms / DAY_MS;
}

export const isoDay = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);
