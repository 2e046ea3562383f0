import { randomInt, randomUUID } from "node:crypto";
import type { Clock } from "../../../api/clock.ts";

/** A kind of number that is on sale. */
export type Shelf = {
  country: string;
  /** The numbers follow it, as many as there are. */
  prefix: string;
  stock: number;
  monthlyUsd: string;
  upfrontUsd: string;
  /** No texts. */
  isVoiceOnly?: boolean;
};

export type HeldNumber = {
  id: string;
  phoneNumber: string;
  country: string;
  reference: string | null;
  profileId: string | null;
  boughtAt: Date;
};

export type NumberOrder = {
  id: string;
  phoneNumber: string;
  country: string;
  reference: string | null;
  profileId: string | null;
  partId: string;
  status: "pending" | "success" | "failure";
  isComplete: boolean;
  at: Date;
  /** When it is filled, or fails; undefined: never. */
  endsAtMs: number | undefined;
  isToFail: boolean;
};

export type Text = {
  id: string;
  from: string;
  to: string;
  text: string;
  profileId: string;
  webhookUrl: string | null;
  status: "queued" | "sent" | "delivered" | "delivery_failed" | "delivery_unconfirmed";
  parts: number;
  encoding: "GSM-7" | "UCS-2";
  at: Date;
  sentAt: Date | null;
  completedAt: Date | null;
};

export type Received = { id: string; from: string; to: string; text: string; profileId: string; at: Date };

export type Profile = {
  id: string;
  name: string;
  webhookUrl: string | null;
  webhookVersion: "1" | "2";
  isPool: boolean;
};

/** All that the carrier knows. */
export type State = {
  clock: Pick<Clock, "nowMs">;
  /** How long an order takes. */
  orderMs: number;
  shelves: Shelf[];
  /** Sold to somebody else meanwhile. */
  gone: Set<string>;
  /** Only what was listed can be ordered. */
  listed: Map<string, Shelf>;
  held: Map<string, HeldNumber>;
  orders: NumberOrder[];
  texts: Text[];
  received: Received[];
  profiles: Map<string, Profile>;
  /** `<profile> <number>`, of who wrote STOP. */
  stopped: Set<string>;
  balanceMicroUsd: bigint;
  /** Its records do not say where the news of a text goes. */
  hasBareRecords: boolean;
  /** It tells nobody anything. */
  isMute: boolean;
};

export const SHELVES: readonly Shelf[] = [
  { country: "US", prefix: "+1212555", stock: 60, monthlyUsd: "1.00000", upfrontUsd: "1.00000" },
  { country: "GB", prefix: "+44770090", stock: 40, monthlyUsd: "1.50000", upfrontUsd: "0.00000" },
  { country: "FR", prefix: "+3363998", stock: 5, monthlyUsd: "2.25000", upfrontUsd: "1.00000" },
  { country: "IE", prefix: "+35320910", stock: 10, monthlyUsd: "1.00000", upfrontUsd: "0.00000", isVoiceOnly: true },
];

/** In the ranges for films and books, with which nobody is reached. */
export function numbersOf({ prefix, stock }: Shelf): string[] {
  const digits = prefix.startsWith("+1") ? 4 : 3;
  return Array.from({ length: stock }, (_, i) => `${prefix}${String(i + 100).padStart(digits, "0")}`);
}

export function openState({ clock, orderMs, from }: Pick<State, "clock" | "orderMs"> & { from: string }): State {
  const lines = profile("lines", false);
  const pool = profile("pool", true);
  const state: State = {
    clock,
    orderMs,
    shelves: SHELVES.map((shelf) => ({ ...shelf })),
    gone: new Set(),
    listed: new Map(),
    held: new Map(),
    orders: [],
    texts: [],
    received: [],
    profiles: new Map([lines, pool].map((one) => [one.id, one])),
    stopped: new Set(),
    balanceMicroUsd: 1_000_000_000n,
    hasBareRecords: false,
    isMute: false,
  };
  keepNumber(state, { phoneNumber: from, country: "US", reference: null, profileId: lines.id });
  keepNumber(state, { phoneNumber: "+18005550198", country: "US", reference: null, profileId: pool.id });
  return state;
}

const profile = (name: string, isPool: boolean): Profile => ({
  id: randomUUID(),
  name,
  webhookUrl: null,
  webhookVersion: "2",
  isPool,
});

export function keepNumber(state: State, number: Omit<HeldNumber, "id" | "boughtAt">): void {
  const id = String(1_293_384_261_000_000_000n + BigInt(randomInt(2 ** 32)));
  state.held.set(number.phoneNumber, { ...number, id, boughtAt: new Date(state.clock.nowMs()) });
}

/** Orders end in their own time: whoever looks sees what has become of them. */
export function advanceOrders(state: State): void {
  for (const order of state.orders) {
    if (order.status !== "pending" || !order.isComplete) continue;
    if (order.endsAtMs === undefined || order.endsAtMs > state.clock.nowMs()) continue;
    order.status = order.isToFail ? "failure" : "success";
    if (!order.isToFail) keepNumber(state, order);
  }
}
