import { invalidField } from "../errors.ts";
import { PAGE } from "../limits.ts";
import type { JsonObject } from "../sale.ts";

/** One page of a list. */
export type Page = { readonly limit: number; readonly offset: number };

/** From a query's `limit` and `offset`; a limit above what there is at most is that. @throws ApiError invalid_field */
export function pageOf({ limit, offset }: Record<string, string>): Page {
  return {
    limit: Math.min(PAGE.max, Math.max(1, whole("limit", limit, PAGE.usual))),
    offset: whole("offset", offset, 0),
  };
}

function whole(field: string, given: string | undefined, usual: number): number {
  if (given === undefined) return usual;
  if (!/^\d{1,6}$/.test(given)) throw invalidField(field, "must be a whole number");
  return Number(given);
}

type Shown = Page & { total: number; url: string };

/** Where a page stands, and the address of the next one; null on the last. */
export function pageFields({ limit, offset, total, url }: Shown): JsonObject {
  const next = new URL(url);
  next.searchParams.set("limit", String(limit));
  next.searchParams.set("offset", String(offset + limit));
  return { total, limit, offset, next: offset + limit < total ? next.href : null };
}
