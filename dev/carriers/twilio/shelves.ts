/** Numbers on sale, from ranges that regulators keep for films and books: nobody can be reached there. */
export type Shelf = {
  country: string;
  kind: "Local" | "Mobile" | "TollFree";
  prefix: string;
  digits: number;
  /** What its buyer has to name: nothing, or an address there. */
  address: "none" | "local";
};

export const SHELVES: readonly Shelf[] = [
  { country: "US", kind: "Local", prefix: "+1212555", digits: 4, address: "none" },
  { country: "US", kind: "TollFree", prefix: "+1800555", digits: 4, address: "none" },
  { country: "CA", kind: "Local", prefix: "+1416555", digits: 4, address: "none" },
  { country: "GB", kind: "Mobile", prefix: "+447700900", digits: 3, address: "none" },
  { country: "FR", kind: "Mobile", prefix: "+3363998", digits: 4, address: "none" },
  { country: "DE", kind: "Mobile", prefix: "+49176040690", digits: 2, address: "local" },
];

/** A month, USD, by Twilio's names of kinds. */
export const NUMBER_PRICES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  US: { local: 1.15, "toll free": 2.15 },
  CA: { local: 1.15 },
  GB: { mobile: 1.5 },
  FR: { mobile: 6 },
  DE: { mobile: 15 },
};

export const PRICED: Readonly<Record<Shelf["kind"], string>> = {
  Local: "local",
  Mobile: "mobile",
  TollFree: "toll free",
};

/** Each part of a text. */
export const TEXT_MICRO_USD = 7_900;

const FIRST = 100;
const MOST_AT_ONCE = 20;

/** Some that nobody holds. */
export function onSale(shelf: Shelf, held: ReadonlySet<string>): string[] {
  const numbers: string[] = [];
  const end = 10 ** shelf.digits;
  for (let n = Math.min(FIRST, end / 10); n < end && numbers.length < MOST_AT_ONCE; n++) {
    const number = shelf.prefix + String(n).padStart(shelf.digits, "0");
    if (!held.has(number)) numbers.push(number);
  }
  return numbers;
}

export const shelfOf = (phoneNumber: string): Shelf | undefined =>
  SHELVES.find(({ prefix, digits }) => phoneNumber.startsWith(prefix) && phoneNumber.length === prefix.length + digits);
