import { createHash } from "node:crypto";
import type { Holder, Queryable } from "./ledger.ts";

/** Everything that a webhook can be told of. */
export const EVENT_TYPES = [
  "order.received",
  "order.refunded",
  "message.delivered",
  "message.received",
  "topup.credited",
  "session.unlocked",
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export type JsonObject = { readonly [name: string]: Json | undefined };

export type Event = {
  type: EventType;
  /** Whose webhooks hear of it, in any letter case. Without a chain, those of contract wallets do not. */
  owner: Holder | string;
  /** What they read. Amounts are strings of the smallest unit. */
  data: JsonObject;
  at: Date;
  /** What makes it one event: told again under the same id, it is told once. Nobody outside reads it. */
  id: string;
};

/** Notes an event for every webhook that wants it, in the caller's transaction: both last, or neither. */
export async function emit(on: Queryable, event: Event): Promise<void> {
  await on.query({ name: "emit", text: "select app.emit($1, $2, $3, $4, $5, $6)", values: emitted(event) });
}

/** What `app.emit` takes, in its order: for statements that tell of what they do. */
export function emitted({ type, owner, data, at, id }: Event): unknown[] {
  const holder = typeof owner === "string" ? { address: owner, chainId: null } : owner;
  return [eventIdOf(id), type, holder.address.toLowerCase(), holder.chainId, bodyOf({ type, data, at }), at];
}

/** Hides what our ids are made of, and fits into a header. */
export const eventIdOf = (id: string): string => `msg_${createHash("sha256").update(id).digest("hex").slice(0, 32)}`;

/** The body that Standard Webhooks recommends. */
export const bodyOf = ({ type, data, at }: { type: string; data: JsonObject; at: Date }): string =>
  JSON.stringify({ type, timestamp: at.toISOString(), data });
