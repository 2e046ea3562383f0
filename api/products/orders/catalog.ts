import { invalidField } from "../../errors.ts";
import { pageFields } from "../../identity/page.ts";
import { dollarsOf } from "../../prices.ts";
import type { JsonObject } from "../../sale.ts";
import { readPage } from "./page.ts";
import type { Goods, Shelf } from "./shelf.ts";

/** What a caller asks of the catalogue; `url` is the address that he asked. */
export type Browse = { readonly query: URLSearchParams; readonly url: string };

/** Services that can be had, everywhere or in `country`. @throws ApiError invalid_field, provider_unavailable */
export async function listServices(shelf: Shelf, browse: Browse): Promise<JsonObject> {
  const { query } = browse;
  const country = known(query.get("country"), "country", (id) => shelf.country(id));
  const page = { ...readPage(query), ...browse };
  const found = matching(shelf.services, query);
  const goods = await shelf.goods();
  const entries = found.flatMap(({ id: service, name, timeoutSec }) => {
    const sold = country === undefined ? goods.ofService(service) : pairOf(goods, service, country);
    if (!sold) return [];
    const { available, offers: countries } = sold;
    const price = { from_price_usd: dollarsOf(sold.fromMicroUsd) };
    return [{ service, name, ...price, available, countries, timeout_sec: timeoutSec }];
  });
  return { success: true, services: slice(entries, page), ...pageFields({ ...page, total: entries.length }) };
}

/** Countries in which something, or `service`, can be had. @throws ApiError invalid_field, provider_unavailable */
export async function listCountries(shelf: Shelf, browse: Browse): Promise<JsonObject> {
  const { query } = browse;
  const service = known(query.get("service"), "service", (id) => shelf.service(id));
  const page = { ...readPage(query), ...browse };
  const found = matching(shelf.countries, query);
  const goods = await shelf.goods();
  const entries = found.flatMap(({ id: country, name }) => {
    const sold = service === undefined ? goods.ofCountry(country) : pairOf(goods, service, country);
    if (!sold) return [];
    const price = dollarsOf(sold.fromMicroUsd);
    const named = service === undefined ? { from_price_usd: price } : { price_usd: price };
    return [{ country, name, ...named, available: sold.available }];
  });
  return { success: true, countries: slice(entries, page), ...pageFields({ ...page, total: entries.length }) };
}

function pairOf(goods: Goods, service: string, country: string) {
  const offer = goods.offer(service, country);
  return offer && { fromMicroUsd: offer.priceMicroUsd, available: offer.stock, offers: offer.stock > 0 ? 1 : 0 };
}

function known(given: string | null, field: string, find: (id: string) => unknown): string | undefined {
  if (given === null) return undefined;
  const id = given.toLowerCase();
  if (!find(id)) throw invalidField(field, "is not in the catalogue");
  return id;
}

const SEARCH_CHARS = 100;

function matching<T extends { id: string; name: string }>(all: readonly T[], query: URLSearchParams): readonly T[] {
  const search = query.get("search")?.trim().toLowerCase() ?? "";
  if (search.length > SEARCH_CHARS) throw invalidField("search", `must have at most ${SEARCH_CHARS} characters`);
  return search === "" ? all : all.filter(({ id, name }) => id.includes(search) || name.toLowerCase().includes(search));
}

const slice = <T>(entries: readonly T[], { limit, offset }: { limit: number; offset: number }): T[] =>
  entries.slice(offset, offset + limit);
