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

/** One pass: there may be half a million offers, and everybody waits meanwhile. */
function sorted(offers: readonly OtpOffer[], marginPercent: number): Goods {
  const services = new Map<string, Pile>();
  const countries = new Map<string, Pile>();
  for (const offer of offers) {
    pileOf(services, offer.service).add(offer);
    pileOf(countries, offer.country).add(offer);
  }
  const priced = (offer: OtpOffer) => ({ ...offer, priceMicroUsd: retailMicroUsd(offer.costMicroUsd, marginPercent) });
  const summary = (pile: Pile | undefined) =>
    pile && {
      fromMicroUsd: retailMicroUsd(pile.lowestMicroUsd, marginPercent),
      available: pile.stock,
      offers: pile.inStock,
    };
  return {
    offer: (service, country) => {
      const offer = services.get(service)?.offers.find((one) => one.country === country);
      return offer && priced(offer);
    },
    ofService: (id) => summary(services.get(id)),
    ofCountry: (id) => summary(countries.get(id)),
  };
}

function pileOf(piles: Map<string, Pile>, id: string): Pile {
  const known = piles.get(id);
  if (known) return known;
  const pile = new Pile();
  piles.set(id, pile);
  return pile;
}

/** Offers of one service, or in one country. */
class Pile {
  readonly offers: OtpOffer[] = [];
  stock = 0;
  inStock = 0;
  /** Of what can be had; where nothing can, of what could. */
  lowestMicroUsd = 0n;

  add(offer: OtpOffer): void {
    const { costMicroUsd, stock } = offer;
    const isFirst = this.offers.length === 0 || (this.stock === 0 && stock > 0);
    const counts = stock > 0 || this.stock === 0;
    if (isFirst || (counts && costMicroUsd < this.lowestMicroUsd)) this.lowestMicroUsd = costMicroUsd;
    this.offers.push(offer);
    this.stock += stock;
    if (stock > 0) this.inStock++;
  }
}
