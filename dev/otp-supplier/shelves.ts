/** A number for one service in one country, by the supplier's own codes. */
export type Shelf = { service: string; country: string; costMicroUsd: bigint; stock: number };

/** `codeAfterSec`: how long its texts take to come; undefined: they never do. */
type Service = { name: string; costMicroUsd: bigint; codeAfterSec: number | undefined };

/** `percent` of a service's cost. */
type Country = { dialCode: string; percent: bigint; stock: number };

/** More than an operator need sell. But for the first, which the demo asks for, these services do not exist. */
export const SERVICES: Readonly<Record<string, Service>> = {
  ds: { name: "Discord", costMicroUsd: 70_000n, codeAfterSec: 4 },
  am: { name: "Acorn Mail", costMicroUsd: 120_000n, codeAfterSec: 3 },
  bc: { name: "Bluebird Chat", costMicroUsd: 95_000n, codeAfterSec: 6 },
  cm: { name: "Cedar Market", costMicroUsd: 210_500n, codeAfterSec: 10 },
  dr: { name: "Dune Rides", costMicroUsd: 330_000n, codeAfterSec: 20 },
  ee: { name: "Ember Events", costMicroUsd: 60_000n, codeAfterSec: 5 },
  fb: { name: "Fern Books", costMicroUsd: 45_250n, codeAfterSec: 2 },
  gp: { name: "Granite Pay", costMicroUsd: 3_750_000n, codeAfterSec: 45 },
  hl: { name: "Harbor Lodging", costMicroUsd: 880_000n, codeAfterSec: 30 },
  ij: { name: "Iris Jobs", costMicroUsd: 155_000n, codeAfterSec: 8 },
  jp: { name: "Juniper Parcels", costMicroUsd: 75_000n, codeAfterSec: undefined },
  kg: { name: "Kestrel Games", costMicroUsd: 52_000n, codeAfterSec: 7 },
  lw: { name: "Lichen Weather", costMicroUsd: 40_000n, codeAfterSec: 4 },
};

export const COUNTRIES: Readonly<Record<string, Country>> = {
  "6": { dialCode: "62", percent: 50n, stock: 4_210 },
  "15": { dialCode: "48", percent: 90n, stock: 730 },
  "16": { dialCode: "44", percent: 120n, stock: 1_650 },
  "36": { dialCode: "1", percent: 130n, stock: 310 },
  "43": { dialCode: "49", percent: 180n, stock: 145 },
  "46": { dialCode: "46", percent: 160n, stock: 88 },
  "48": { dialCode: "31", percent: 150n, stock: 402 },
  "78": { dialCode: "33", percent: 140n, stock: 0 },
  "187": { dialCode: "1", percent: 200n, stock: 2_980 },
};

/** Every service in every country; the fewer texts a service gets, the fewer numbers there are for it. */
export function stockedShelves(): Shelf[] {
  return Object.entries(COUNTRIES).flatMap(([country, { percent, stock }]) =>
    Object.entries(SERVICES).map(([service, { costMicroUsd }], rank) => ({
      service,
      country,
      costMicroUsd: (costMicroUsd * percent) / 100n,
      stock: Math.floor(stock / (rank + 1)),
    })),
  );
}
