import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { Db } from "../db.ts";
import type { PhoneEnv } from "../env/phone.ts";
import { openSandboxCarrier } from "./phone/sandbox/carrier.ts";
import { openSmppCarrier } from "./phone/smpp/carrier.ts";
import { openTelnyx } from "./phone/telnyx/carrier.ts";
import { openTwilio } from "./phone/twilio/carrier.ts";

/**
 * Whoever has phone numbers and carries texts. Every effect bears a reference of ours: asked for twice with the same
 * one, it is had once; an adapter whose carrier does not promise that looks up first. What a call rejects with counts
 * as `unknown`. Raw texts of the carrier stay inside.
 */
export type PhoneProvider = {
  /** As PHONE_CARRIER names it. */
  readonly name: string;
  /** By whose account and as whom it acts, where what it looks for would not be found by another's. */
  readonly actsAs?: string;
  /** A call that was begun longer ago than this has had its effect or never will. */
  readonly answersWithinSec: number;
  /** How many numbers of the country (ISO 3166-1 alpha-2) are on sale now. */
  stock(country: string): Promise<number>;
  /** `absent`: it surely was not taken on, as the carrier could not be reached or had too much to do. */
  buyNumber(order: NumberOrder): Promise<Bought | Refused | Absent | Unknown>;
  /** Gives the number back; again is no error. Rejects when that is not certain. */
  release(number: { reference: string; phoneNumber: string }): Promise<void>;
  sendMessage(text: Text): Promise<Accepted | Refused | Absent | Unknown>;
  /**
   * What became of a purchase whose answer was missed. `absent` is final: `triedAt` is when it was last asked for, and
   * while that may still be on its way the outcome is `unknown`.
   */
  findPurchase(reference: string, triedAt: Date): Promise<Bought | Refused | Absent | Unknown>;
  findMessage(text: Text, triedAt: Date): Promise<Accepted | Refused | Absent | Unknown>;
  /**
   * News that nobody has acknowledged, oldest first, 100 at most. They may be told twice, out of order, and before
   * the answer to the call that they are about.
   */
  events(): Promise<CarrierEvent[]>;
  acknowledge(eventIds: readonly string[]): Promise<void>;
  /** What the carrier tells us over HTTP, below `/api/v1/carrier/<name>`; absent where it does not. */
  receive?(news: CarrierNews): Promise<CarrierReply>;
  /** Facts about a number that the carrier looks up; absent where it sells none. Has no effect but its cost. */
  lookUp?(phoneNumber: string): Promise<NumberFacts | Refused | Unknown>;
  /** What a text or number cost, 1e-6 USD, where that is known only later; undefined while it is not. */
  costOf?(reference: string): Promise<bigint | undefined>;
  /** How it stands with the carrier, for the operator. Never rejects, and tells no secret. */
  health(): Promise<CarrierHealth>;
  close(): Promise<void>;
};

export type NumberOrder = {
  reference: string;
  /** ISO 3166-1 alpha-2. */
  country: string;
  /** What the number may cost us a month, 1e-6 USD: dearer ones are refused with `price_rose`. */
  maxCostMicroUsd?: bigint;
  /** What the carrier asks for in this country, by its own names, from the operator's file: addresses, bundles. */
  requirements?: Readonly<Record<string, string>>;
};

export type Text = {
  reference: string;
  /** The number that it is sent from; undefined leaves that to the carrier's pool. */
  line: string | undefined;
  to: string;
  text: string;
};

/** What it cost is 1e-6 USD, where the carrier tells that at once. */
export type Bought = { kind: "bought"; phoneNumber: string; costMicroUsd?: bigint };
export type Accepted = { kind: "accepted"; costMicroUsd?: bigint };
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
  /** The carrier has become dearer than the operator allows. */
  | "price_rose"
  /** Our account at the carrier is empty. */
  | "no_balance"
  /** The operator's rules: countries, blocked numbers, caps, the kill switch. */
  | "against_rules"
  | "no_answer"
  | "given_back";

export type CarrierEvent = { id: string; at: Date } & (Receipt | Inbound);

export type Receipt = {
  kind: "receipt";
  reference: string;
  status: "sent" | "delivered" | "undelivered";
  costMicroUsd?: bigint;
};

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

/** One HTTP request of the carrier's. Nothing in it is believed before its signature is. */
export type CarrierNews = {
  method: string;
  /** What comes after `/api/v1/carrier/<name>`, such as `/status/<reference>`. */
  path: string;
  /** Path and query as they came, unescaped by nobody: signatures are made over them. */
  target: string;
  headers: Readonly<Record<string, string | undefined>>;
  body: Buffer;
};

/** A 2xx says that it is on record, anything else that it is to be told again. */
export type CarrierReply = { status: number; contentType?: string; body?: string };

export type NumberFacts = {
  kind: "facts";
  lineType: "mobile" | "landline" | "voip" | "toll_free" | "other" | undefined;
  carrier: string | undefined;
  costMicroUsd?: bigint;
};

export type CarrierHealth = {
  /** What keeps it from working, in sentences that say what to do. */
  problems: string[];
  /** 1e-6 USD; undefined where there is no balance, or it is not told. */
  balanceMicroUsd: bigint | undefined;
  /** What else an operator wants to see, by name: account, sender, webhook URLs. */
  facts: Readonly<Record<string, string>>;
};

export type PhoneDeps = { db: Db; clock: Clock; log: Logger; publicUrl: string };

/** The carrier that the operator has chosen; undefined when nothing of the kind is sold. */
export async function openPhone(env: PhoneEnv, deps: PhoneDeps): Promise<PhoneProvider | undefined> {
  switch (env.carrier) {
    case "sandbox":
      return openSandboxCarrier(deps);
    case "smpp":
      return openSmppCarrier(deps, env);
    case "telnyx":
      return openTelnyx(env, deps);
    case "twilio":
      return openTwilio(env, deps);
    case "off":
      return undefined;
  }
}
