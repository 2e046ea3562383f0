const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** A time as people say it, exact: `90` is "1 minute 30 seconds". */
export function durationOf(seconds: number): string {
  let left = Math.max(0, Math.floor(seconds));
  const parts: string[] = [];
  for (const [name, size] of UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count} ${name}${count === 1 ? "" : "s"}`);
  }
  return parts.join(" ") || "0 seconds";
}

/** A time that runs down, as a clock shows it: `4:07`, `1:02:03`, `2 days 1:02:03`. */
export function clockOf(seconds: number): string {
  const left = Math.max(0, Math.floor(seconds));
  const [days, hours] = [Math.floor(left / 86_400), Math.floor((left % 86_400) / 3_600)];
  const two = (value: number) => String(value).padStart(2, "0");
  const clock = `${Math.floor((left % 3_600) / 60)}:${two(left % 60)}`;
  const whole = hours > 0 || days > 0 ? `${hours}:${clock.padStart(5, "0")}` : clock;
  return days > 0 ? `${days} day${days === 1 ? "" : "s"} ${whole}` : whole;
}
