import { z } from "zod";
import type { Clock } from "../../clock.ts";
import { ApiError } from "../../errors.ts";
import type { OtpOffer } from "../otp.ts";
import type { SupplierCatalog } from "./catalog.ts";
import type { Line } from "./line.ts";
import { microUsdOf } from "./usd.ts";

/** A price list is asked for again after the one; after the other it is no longer believed, whatever the supplier does. */
const FRESH_MS = 5_000;
const GOOD_MS = 60_000;
/** Large suppliers tell of half a million pairs at once. */
const MOST_BYTES = 32 * 1024 * 1024;

type Row = { cost?: unknown; count?: unknown };
type List = { offers: readonly OtpOffer[]; atMs: number };

/** What one supplier has on sale. */
export type Offers = {
  /** As `OtpProvider.offers`. */
  now(): Promise<readonly OtpOffer[]>;
  /** What it said last, while that is believed. */
  lately(): readonly OtpOffer[] | undefined;
};

export type OffersDeps = { catalog: SupplierCatalog; line: Pick<Line, "ask">; clock: Clock };

/** What is on sale now; whoever asks meanwhile waits for the same answer of the supplier. */
export function createOffers(deps: OffersDeps): Offers {
  let last: List | undefined;
  let asking: Promise<List | undefined> | undefined;
  const isYounger = (ms: number, list = last): list is List =>
    list !== undefined && deps.clock.nowMs() - list.atMs < ms;
  return {
    now: async () => {
      if (isYounger(FRESH_MS, last)) return last.offers;
      asking ??= list(deps).finally(() => {
        asking = undefined;
      });
      last = (await asking) ?? last;
      if (!isYounger(GOOD_MS, last)) throw new ApiError("provider_unavailable", { retryAfterSec: 5 });
      return last.offers;
    },
    lately: () => (isYounger(GOOD_MS, last) ? last.offers : undefined),
  };
}

/** As old as the question: nobody knows when the supplier looked. */
async function list(deps: OffersDeps): Promise<List | undefined> {
  const atMs = deps.clock.nowMs();
  const offers = await read(deps);
  return offers && { offers, atMs };
}

/** Suppliers that are written in PHP tell of a country without anything on sale as `[]`. */
const countryPrices = z.union([
  z.record(z.string(), z.unknown()),
  z.tuple([]).transform((): Record<string, unknown> => ({})),
]);
const priceList = z.record(z.string(), countryPrices);

async function read({ catalog, line }: OffersDeps): Promise<readonly OtpOffer[] | undefined> {
  const told = await line.ask({ action: "getPrices", mostBytes: MOST_BYTES });
  const prices = told.kind === "answer" ? priceList.safeParse(json(told.text)).data : undefined;
  if (!prices) return undefined;
  return catalog.countries.flatMap(({ id: country, code }) =>
    catalog.services.flatMap(({ id: service, code: serviceCode }) => {
      const offer = offerOf(prices[code]?.[serviceCode] as Row | undefined);
      return offer ? [{ service, country, ...offer }] : [];
    }),
  );
}

/** What makes no sense is not on sale; that of others is. */
function offerOf(row: Row | undefined | null): Pick<OtpOffer, "costMicroUsd" | "stock"> | undefined {
  const { cost, count } = row ?? {};
  const costMicroUsd = typeof cost === "string" || typeof cost === "number" ? microUsdOf(cost) : undefined;
  const stock = Number(count);
  if (!costMicroUsd || !Number.isSafeInteger(stock) || stock < 0) return undefined;
  return { costMicroUsd, stock };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
