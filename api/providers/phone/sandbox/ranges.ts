/** Numbers on sale, from the ranges that regulators keep for films and books: nobody can be reached there. */
export type Range = { country: string; prefix: string; from: number; to: number; digits: number };

const NORTH_AMERICA = { from: 100, to: 199, digits: 4 };
const US_AREAS = [201, 202, 206, 212, 213, 214, 215, 216, 267, 303, 305, 310, 312, 313, 314, 323, 347, 404, 408, 412];
const MORE_US_AREAS = [415, 469, 503, 504, 510, 512, 602, 612, 615, 617, 619, 646, 650, 702, 704, 713, 718, 808, 832];
const CA_AREAS = [204, 236, 250, 306, 403, 416, 438, 506, 514, 604, 613, 647, 709, 780, 902, 905];

const northAmerican =
  (country: string) =>
  (area: number): Range => ({ country, prefix: `+1${area}555`, ...NORTH_AMERICA });

export const RANGES: readonly Range[] = [
  ...[...US_AREAS, ...MORE_US_AREAS].map(northAmerican("US")),
  ...CA_AREAS.map(northAmerican("CA")),
  { country: "GB", prefix: "+447700900", from: 0, to: 999, digits: 3 },
  { country: "FR", prefix: "+3363998", from: 0, to: 999, digits: 4 },
  { country: "AU", prefix: "+61491570", from: 0, to: 999, digits: 3 },
  { country: "IE", prefix: "+35320910", from: 0, to: 499, digits: 4 },
  { country: "DE", prefix: "+4917139200", from: 0, to: 99, digits: 2 },
  { country: "DE", prefix: "+49176040690", from: 0, to: 99, digits: 2 },
  { country: "SE", prefix: "+46701740", from: 605, to: 699, digits: 3 },
  // Nobody lives on these islands: orders for them go wrong on purpose, see faults.ts.
  { country: "BV", prefix: "+477900555", from: 0, to: 9, digits: 1 },
  { country: "HM", prefix: "+61491571", from: 0, to: 99, digits: 3 },
];

/** Where texts without a line of their own come from; never on sale. */
export const POOL_SENDER = "+18005550199";
