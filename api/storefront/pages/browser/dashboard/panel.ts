import type { Account } from "./account.ts";
import type { DashboardData, Token } from "./data.ts";

/** One part of the dashboard. */
export type Panel = {
  /** Asks for what it shows, anew. */
  open(): Promise<void>;
};

/** What every part of the dashboard works with. */
export type Desk = {
  readonly account: Account;
  readonly data: DashboardData;
  /** How tokens count, by their address in lower case. */
  readonly tokens: Map<string, Token>;
  /** Shows, or shows no more, that a purchase was cut off. */
  offerToResume(): void;
};

/** `next`, if what was asked for is done and not called off. */
export async function afterwards(doing: Promise<boolean>, next: () => Promise<void> | void): Promise<void> {
  if (await doing) await next();
}
