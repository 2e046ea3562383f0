import { retailMicroUsd } from "../../prices.ts";
import type { OtpOffer, OtpProvider } from "../../providers/otp.ts";

/** A number for one service in one country, at our price. */
export type PricedOffer = OtpOffer & { readonly priceMicroUsd: bigint };

/** What all offers of a service, or of a country, come to. */
export type Summary = { readonly fromMicroUsd: bigint; readonly available: number; readonly offers: number };

/** What is on sale now. */
export type Goods = {
  offer(service: string, country: string): PricedOffer | undefined;
  ofService(id: string): Summary | undefined;
  ofCountry(id: string): Summary | undefined;
};

export type Shelf = {
  /** In the order of their names. */
  readonly services: OtpProvider["catalog"]["services"];
  readonly countries: OtpProvider["catalog"]["countries"];
  service(id: string): OtpProvider["catalog"]["services"][number] | undefined;
  country(id: string): OtpProvider["catalog"]["countries"][number] | undefined;
  /** @throws ApiError provider_unavailable */
  goods(): Promise<Goods>;
};

/** What the operator sells, at the supplier's prices with the margin. */
export function openShelf({ catalog, offers }: OtpProvider, marginPercent: number): Shelf {
  const services = new Map(catalog.services.map((service) => [service.id, service]));
  const countries = new Map(catalog.countries.map((country) => [country.id, country]));
  let last: { offers: readonly OtpOffer[]; goods: Goods } | undefined;
  return {
    services: [...catalog.services].sort(byName),
    countries: [...catalog.countries].sort(byName),
    service: (id) => services.get(id),
    country: (id) => countries.get(id),
    goods: async () => {
      const current = await offers();
      // There may be half a million of them, and they stay the same for seconds.
      if (last?.offers !== current) last = { offers: current, goods: sorted(current, marginPercent) };
      return last.goods;
    },
  };
}

type Named = { readonly id: string; readonly name: string };

const byName = (a: Named, b: Named): number => (a.name === b.name ? (a.id < b.id ? -1 : 1) : a.name < b.name ? -1 : 1);

function sorted(offers: readonly OtpOffer[], marginPercent: number): Goods {
  const pairs = new Map<string, PricedOffer>();
  const services = new Map<string, Sum>();
  const countries = new Map<string, Sum>();
  for (const offer of offers) {
    const priced = { ...offer, priceMicroUsd: retailMicroUsd(offer.costMicroUsd, marginPercent) };
    pairs.set(`${offer.service} ${offer.country}`, priced);
    count(services, offer.service, priced);
    count(countries, offer.country, priced);
  }
  return {
    offer: (service, country) => pairs.get(`${service} ${country}`),
    ofService: (id) => services.get(id),
    ofCountry: (id) => countries.get(id),
  };
}

type Sum = { fromMicroUsd: bigint; available: number; offers: number };

/** The lowest price is that of what can be had; where nothing can, of what could. */
function count(sums: Map<string, Sum>, id: string, { priceMicroUsd, stock }: PricedOffer): void {
  const sum = sums.get(id);
  if (!sum) return void sums.set(id, { fromMicroUsd: priceMicroUsd, available: stock, offers: stock > 0 ? 1 : 0 });
  const isFirstInStock = sum.available === 0 && stock > 0;
  const isComparable = stock > 0 || sum.available === 0;
  if (isFirstInStock || (isComparable && priceMicroUsd < sum.fromMicroUsd)) sum.fromMicroUsd = priceMicroUsd;
  sum.available += stock;
  if (stock > 0) sum.offers++;
}
