import { WEBHOOKS } from "../limits.ts";

/** Sent when its owner asks for it, to see whether a webhook works: later it would tell nothing. */
export const PING = "ping";

const LONGEST_SEC = Math.max(...WEBHOOKS.retryAfterSec);
/** On top of each wait, so that what failed together does not come back together. */
const JITTER = 0.2;

export type Failed = {
  type: string;
  /** This one included. */
  attempts: number;
  /** The header, as it was sent. */
  retryAfter: string | undefined;
  nowMs: number;
};

/** When a delivery is tried again, Unix milliseconds: not before its target wants it; undefined, when it was the last time. */
export function nextAttemptMs({ type, attempts, retryAfter, nowMs }: Failed): number | undefined {
  const oursSec = type === PING ? undefined : WEBHOOKS.retryAfterSec[attempts - 1];
  if (oursSec === undefined) return undefined;
  const waitSec = Math.max(oursSec, Math.min(LONGEST_SEC, wantedSec(retryAfter, nowMs)));
  return nowMs + Math.round(waitSec * 1000 * (1 + JITTER * Math.random()));
}

/** Seconds or a date (RFC 9110 §10.2.3); 0 for anything else. */
function wantedSec(retryAfter: string | undefined, nowMs: number): number {
  if (retryAfter === undefined) return 0;
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter);
  const atMs = Date.parse(retryAfter);
  return Number.isNaN(atMs) ? 0 : (atMs - nowMs) / 1000;
}
