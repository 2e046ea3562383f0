/** Micro-USD: 1e-6 US dollars, which is USDC's atomic unit. */
const usd = (dollars: number): bigint => BigInt(Math.round(dollars * 1e6));

/** What things cost, and what comes with a leased line. */
export const PRICES = {
  lineMicroUsd: usd(100),
  lineRenewalMicroUsd: usd(60),
  smsMicroUsd: usd(0.05),
  lookupMicroUsd: usd(0.05),
  verificationMicroUsd: usd(2.25),
  creditMicroUsd: usd(0.05),
} as const;

/** Credits that are bought at once: an amount of balance under another name. */
export const CREDITS = 100;

/** Texts that are sent from a leased line without paying again. */
export const INCLUDED_TEXTS = { activation: 10_000, renewal: 5_000 } as const;

export const LEASE_DAYS = 30;

/** As answers tell it: 100, 0.05. */
export const dollarsOf = (microUsd: bigint): number => Number(microUsd) / 1e6;

/** What a caller writes, such as 12.5 or 0.05; undefined when it is finer than a cent, or no amount at all. */
export function microUsdOf(dollars: number): bigint | undefined {
  const cents = Math.round(dollars * 100);
  return Number.isSafeInteger(cents) && cents / 100 === dollars ? BigInt(cents) * 10_000n : undefined;
}

const CENT = 10_000n;

/** What a number for a one-time code costs, by what the supplier takes: with the margin, up to the next whole cent. */
export function retailMicroUsd(costMicroUsd: bigint, marginPercent: number): bigint {
  const hundredfold = costMicroUsd * BigInt(100 + marginPercent);
  return ((hundredfold + 100n * CENT - 1n) / (100n * CENT)) * CENT;
}
