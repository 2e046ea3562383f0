import type { Clock } from "../../clock.ts";
import { ApiError } from "../../errors.ts";
import type { OtpOffer } from "../otp.ts";
import type { Counter } from "./counter.ts";
import type { Offers } from "./offers.ts";

/** Who takes longer is not waited for: his last list counts, and from then on until he has answered. */
const PATIENCE_MS = 1_000;

type Lists = readonly (readonly OtpOffer[])[];

/**
 * What all suppliers have on sale: at the lowest price at which something is in stock, and as much as they have together.
 * One who is away drops out. The same list, as long as nobody's has changed.
 */
export function mergeOffers(
  counters: readonly Pick<Counter, "offers">[],
  clock: Clock,
): () => Promise<readonly OtpOffer[]> {
  const looks = counters.map(({ offers }) => createLook(offers, clock));
  let last: { lists: Lists; merged: readonly OtpOffer[] } | undefined;
  return async () => {
    const lists = await Promise.all(looks.map((look) => look()));
    if (lists.every((list) => list === undefined)) throw new ApiError("provider_unavailable", { retryAfterSec: 5 });
    const known = lists.map((list) => list ?? NOTHING);
    if (!last || known.some((list, i) => list !== last?.lists[i])) last = { lists: known, merged: merge(known) };
    return last.merged;
  };
}

const NOTHING: readonly OtpOffer[] = [];

/** Undefined: it is away. */
function createLook(offers: Offers, clock: Clock): () => Promise<readonly OtpOffer[] | undefined> {
  let isSlow = false;
  return async () => {
    const over = new AbortController();
    const asked = offers.now().then(
      (list) => {
        isSlow = false;
        return list;
      },
      () => undefined,
    );
    if (isSlow) return offers.lately();
    const tired = clock.sleep(PATIENCE_MS, over.signal).then(() => {
      if (over.signal.aborted) return undefined;
      isSlow = true;
      return offers.lately();
    });
    const list = await Promise.race([asked, tired]);
    over.abort();
    return list;
  };
}

/** There may be half a million offers of each, and everybody waits meanwhile: no text is made of a place. */
function merge(lists: Lists): readonly OtpOffer[] {
  const countries = new Map<string, Map<string, OtpOffer>>();
  for (const list of lists)
    for (const offer of list) {
      const here = countries.get(offer.country) ?? new Map<string, OtpOffer>();
      if (here.size === 0) countries.set(offer.country, here);
      const known = here.get(offer.service);
      here.set(offer.service, known ? together(known, offer) : offer);
    }
  return [...countries.values()].flatMap((here) => [...here.values()]);
}

function together(one: OtpOffer, other: OtpOffer): OtpOffer {
  const { service, country, costMicroUsd } = isBetter(other, one) ? other : one;
  return { service, country, costMicroUsd, stock: one.stock + other.stock };
}

function isBetter(one: OtpOffer, than: OtpOffer): boolean {
  const [isThere, isElsewhere] = [one.stock > 0, than.stock > 0];
  return isThere === isElsewhere ? one.costMicroUsd < than.costMicroUsd : isThere;
}
