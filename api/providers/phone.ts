import type { Clock } from "../clock.ts";
import type { Db } from "../db.ts";
import type { Env } from "../env.ts";
import { openSandboxCarrier } from "./phone/sandbox/carrier.ts";

/**
 * Whoever has phone numbers and carries texts. Every effect bears a reference of ours: asked for twice with the same
 * one, it is had once; an adapter whose carrier does not promise that looks up first. What a call rejects with counts
 * as `unknown`. Raw texts of the carrier stay inside.
 */
export type PhoneProvider = {
  /** A call that was begun longer ago than this has had its effect or never will. */
  readonly answersWithinSec: number;
  /** How many numbers of the country (ISO 3166-1 alpha-2) are on sale now. */
  stock(country: string): Promise<number>;
  buyNumber(order: NumberOrder): Promise<Bought | Refused | Unknown>;
  /** Gives the number back; again is no error. Rejects when that is not certain. */
  release(number: { reference: string; phoneNumber: string }): Promise<void>;
  sendMessage(text: Text): Promise<Accepted | Refused | Unknown>;
  /** What became of a purchase whose answer was missed. `absent` is final. */
  findPurchase(reference: string): Promise<Bought | Refused | Absent | Unknown>;
  findMessage(text: Text): Promise<Accepted | Refused | Absent | Unknown>;
  /**
   * News that nobody has acknowledged, oldest first, 100 at most. They may be told twice, out of order, and before
   * the answer to the call that they are about.
   */
  events(): Promise<CarrierEvent[]>;
  acknowledge(eventIds: readonly string[]): Promise<void>;
};

export type NumberOrder = { reference: string; country: string };

export type Text = {
  reference: string;
  /** The number that it is sent from; undefined leaves that to the carrier's pool. */
  line: string | undefined;
  to: string;
  text: string;
};

export type Bought = { kind: "bought"; phoneNumber: string };
export type Accepted = { kind: "accepted" };
/** There was and will be no effect. */
export type Refused = { kind: "refused"; reason: RefusalReason };
export type Absent = { kind: "absent" };
export type Unknown = { kind: "unknown" };

export type RefusalReason =
  | "out_of_stock"
  | "not_sold"
  | "opted_out"
  | "sender_refused"
  | "recipient_refused"
  | "no_answer"
  | "given_back";

export type CarrierEvent = { id: string; at: Date } & (Receipt | Inbound);

export type Receipt = { kind: "receipt"; reference: string; status: "sent" | "delivered" | "undelivered" };

export type Inbound = {
  kind: "inbound";
  /** The carrier's own id of the message: the same one however often it is told. */
  reference: string;
  /** Undefined: it came to the pool. */
  line: string | undefined;
  from: string;
  to: string;
  text: string;
};

/** The carrier that the operator has chosen; undefined when nothing of the kind is sold. */
export async function openPhone(
  carrier: Env["phoneCarrier"],
  deps: { db: Db; clock: Clock },
): Promise<PhoneProvider | undefined> {
  return carrier === "sandbox" ? openSandboxCarrier(deps) : undefined;
}
