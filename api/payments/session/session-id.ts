import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import type { Terms } from "./terms.ts";

/** First four bytes of every session id. On chain they make it an open id, so that paying it directly works as well. */
const OPEN_PREFIX = "00000000";
const MAC_CHARS = 32;

/** What a session id says about itself, hex without 0x. */
export type Presented = {
  readonly id: string;
  readonly stamp: string;
  readonly mac: string;
  readonly expirySec: number;
};

/** What a MAC vouches for, beside expiry and salt. */
export type Issue = { readonly terms: Terms; readonly feeBps: number };

/** Keys that issue and recognise session ids: the first signs, all verify. */
export type SessionKeys = {
  /** `0x00000000 | expiry (4 B) | salt (8 B) | MAC (16 B)` from the hex stamp `expiry | salt`, without 0x. */
  idOf(stamp: string, issue: Issue): string;
  /** True when one of the keys made this id for this sale, version and fee. */
  vouchesFor(presented: Presented, issue: Issue): boolean;
};

export function sessionKeys(secrets: readonly Buffer[]): SessionKeys {
  const keys = secrets.map(derived);
  const [current] = keys;
  if (!current) throw new Error("SESSION_KEYS: at least one key is needed");
  return {
    idOf: (stamp, issue) => OPEN_PREFIX + stamp + macOf(current, stamp, issue),
    vouchesFor: ({ stamp, mac }, issue) => {
      const given = Buffer.from(mac, "hex");
      return keys.some((key) => timingSafeEqual(given, Buffer.from(macOf(key, stamp, issue), "hex")));
    },
  };
}

/**
 * Reads an `X-402-Session` header: any case, and with 0x once, twice (the documented curl line prefixes an id that has
 * one) or not at all. Undefined for anything that cannot be an id of ours, such as a payment id seen on chain.
 */
export function readSessionId(header: string): Presented | undefined {
  const id = /^(?:0x)*([0-9a-f]{64})$/.exec(header.trim().toLowerCase())?.[1];
  if (!id?.startsWith(OPEN_PREFIX)) return undefined;
  const stamp = id.slice(8, 32);
  const expirySec = Number.parseInt(stamp.slice(0, 8), 16);
  return expirySec === 0 ? undefined : { id, stamp, mac: id.slice(32), expirySec };
}

/** Session keys also sign image links; a key of its own keeps one from ever passing for the other. */
function derived(secret: Buffer): KeyObject {
  return createSecretKey(createHmac("sha256", secret).update("turnpike session id").digest());
}

function macOf(key: KeyObject, stamp: string, { terms, feeBps }: Issue): string {
  const vouched = `${terms.apiId}|${terms.version}|${feeBps}|${stamp}`;
  return createHmac("sha256", key).update(vouched).digest("hex").slice(0, MAC_CHARS);
}
