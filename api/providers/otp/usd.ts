/**
 * Micro-USD of a supplier's amount such as `0.05`, its fraction of a micro-USD counted as a whole one; undefined when
 * it is no amount. A JSON number comes as the shortest decimal that is the same number, which is what was written.
 */
export function microUsdOf(amount: string | number): bigint | undefined {
  const parts = /^(\d{1,9})(?:\.(\d{1,30}))?$/.exec(String(amount).trim());
  if (!parts) return undefined;
  const [, dollars = "", fraction = ""] = parts;
  const whole = BigInt(dollars + fraction.slice(0, 6).padEnd(6, "0"));
  return /[1-9]/.test(fraction.slice(6)) ? whole + 1n : whole;
}

/** `0.05`, `5`: without an exponent and without zeros at the end. */
export function decimalUsdOf(microUsd: bigint): string {
  const digits = microUsd.toString().padStart(7, "0");
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`.replace(/\.?0+$/, "");
}
