import type { Clock } from "../../../api/clock.ts";
import type { createCourier } from "./courier.ts";
import type { createFaults } from "./faults.ts";
import { notFound, TwilioRefusal } from "./refusal.ts";
import type { Kept } from "./state.ts";

/** The account, and a key that may be asked with instead of its token. */
export type Login = { accountSid: string; authToken: string; keySid: string; keySecret: string };

/** What every part of the sandbox works with. */
export type Desk = Kept & {
  login: Login;
  clock: Pick<Clock, "nowMs">;
  faults: ReturnType<typeof createFaults>;
  courier: ReturnType<typeof createCourier>;
  /** How often each thing was asked for. */
  counts: Map<string, number>;
  /** What passes before a text is sent, and until it has arrived. */
  receiptsAfterMs: readonly [number, number];
};

export type Asked = { match: readonly string[]; query: URLSearchParams; form: URLSearchParams; path: string };

/** `after` runs once the answer is out. */
export type Reply = { status: number; json?: unknown; before?: () => Promise<void>; after?: () => void };

export type Route = {
  what: string;
  method: "GET" | "POST" | "DELETE";
  path: RegExp;
  run(desk: Desk, asked: Asked): Reply;
};

export const below = (rest: string): RegExp => new RegExp(`^/2010-04-01/Accounts/(?:AC[0-9a-fA-F]{32})${rest}$`);

export function only<T>(found: T | undefined): T {
  if (found === undefined) throw notFound();
  return found;
}

/** An empty account is suspended. */
export function charge({ state }: Desk, microUsd: number): void {
  if (state.accountStatus !== "active" || state.balanceMicroUsd < microUsd) {
    state.accountStatus = state.accountStatus === "active" ? "suspended" : state.accountStatus;
    throw new TwilioRefusal(403, 20005, "Account not active");
  }
  state.balanceMicroUsd -= microUsd;
}

export const isUrl = (url: string): boolean => /^https?:\/\/[^\s/]+(\/\S*)?$/.test(url);
