import { invalidField } from "../../errors.ts";
import { PAGE } from "../../limits.ts";
import type { Page } from "./orders.ts";

/** @throws ApiError invalid_field */
export function readPage(query: URLSearchParams): Page {
  return {
    limit: whole(query, "limit", { usual: PAGE.usual, min: 1, max: PAGE.max }),
    offset: whole(query, "offset", { usual: 0, min: 0, max: 1_000_000 }),
  };
}

type Range = { usual: number; min: number; max: number };

function whole(query: URLSearchParams, field: string, { usual, min, max }: Range): number {
  const given = query.get(field);
  if (given === null) return usual;
  const value = /^\d{1,7}$/.test(given) ? Number(given) : Number.NaN;
  if (!(value >= min && value <= max)) throw invalidField(field, `must be a whole number from ${min} to ${max}`);
  return value;
}
