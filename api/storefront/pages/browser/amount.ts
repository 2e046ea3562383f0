/** Atomic units as people write them: exact, without zeros at the end. */
export function formatUnits(value: bigint, decimals: number): string {
  const isNegative = value < 0n;
  const digits = (isNegative ? -value : value).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, "");
  return (isNegative ? "-" : "") + whole + (fraction && `.${fraction}`);
}

/** The same with the thousands set apart. */
export function readable(value: bigint, decimals: number): string {
  const [whole = "", fraction] = formatUnits(value, decimals).split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (fraction ? `.${fraction}` : "");
}

/** What somebody wrote, in atomic units. @throws Error in words when it is no such amount */
export function parseUnits(text: string, decimals: number): bigint {
  const [, whole = "", fraction = ""] = /^(\d*)(?:\.(\d*))?$/.exec(text.trim()) ?? [];
  if (whole === "" && fraction === "") throw new Error("Write an amount in digits, such as 0.1");
  const significant = fraction.replace(/0+$/, "");
  if (significant.length > decimals)
    throw new Error(decimals === 0 ? "This has no decimals" : `There are at most ${decimals} decimals`);
  return BigInt(whole + significant.padEnd(decimals, "0"));
}
