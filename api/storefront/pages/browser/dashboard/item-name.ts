import type { DashboardData } from "./data.ts";

/** What was bought, in words: `codes.discord.id` is a one-time code of a service in a country. */
export function itemName({ items }: DashboardData, item: string): string {
  const [kind, service, country] = item.split(".");
  const code = kind === "codes" && service && country && `Code for ${service} (${country.toUpperCase()})`;
  return items[item] ?? (code || item);
}
