import type { Address } from "viem";
import { isOutage } from "./db.ts";
import { ApiError } from "./errors.ts";
import type { AccountId } from "./ledger.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** A request for something that has a price, as a product sees it: never with how it is paid. */
export type Call = {
  readonly requestId: string;
  /** The parsed JSON body; undefined when there was none. */
  readonly body: unknown;
  readonly query: URLSearchParams;
  /** A sign-in, where the product asks for one: `Bearer …`. */
  readonly authorization: string | undefined;
  /** `X-API-Key`. */
  readonly apiKey?: string | undefined;
  /** The caller's own name for what he asks: the same again is the same thing. */
  readonly idempotencyKey?: string | undefined;
};

/** The wallet whose money it is. */
export type Buyer = { readonly payer: Address; readonly chainId: number };

/** A paid call on record. `input` is what `prepare` returned, however long ago. */
export type Order = Buyer & {
  /** A random UUID; what suppliers are told as reference. */
  readonly id: string;
  readonly input: JsonObject;
  readonly priceMicroUsd: bigint;
};

/**
 * One thing that is sold. Products export sales and do not know how they are paid; ways to pay take a sale and do not
 * know what it sells.
 */
export type Sale = {
  /** Stays the same for ever: orders on record name it, such as `numbers.buy.us`. */
  readonly id: string;
  readonly method: "POST";
  readonly path: `/api/v1/${string}`;
  /** 1e-6 USD, which is USDC's atomic unit. Where the buyer chooses what to pay, what it is unless he does. */
  readonly priceMicroUsd: bigint;
  /** Where the buyer chooses what to pay. @throws ApiError invalid_field */
  priceOf?(asked: Pick<Call, "body" | "query">): bigint;
  /** Where the price depends on what is asked, such as a country; for what cannot be read the usual one. */
  priceFor?(asked: Pick<Call, "body" | "query">): bigint;
  /** Before anybody is told a price: what is sold to nobody as it is asked. @throws ApiError */
  assertSold?(asked: Pick<Call, "body" | "query">): void;
  readonly description: string;
  /** The description of an offer at this price, where the buyer chooses it. */
  describe?(priceMicroUsd: bigint): string;
  /** False for what makes no sense to pay from a balance. */
  readonly isPaidFromBalance?: false;
  readonly docs: SaleDocs;
  /**
   * Checks body, identity and stock before any money moves; what it returns is kept with the order.
   *
   * @throws ApiError
   */
  prepare(call: Call, buyer: Buyer): Promise<JsonObject>;
  /** The answer, when something that was paid before covers the call; undefined when it has to be paid. @throws ApiError */
  covered?(call: Call): Promise<Covered | undefined>;
  /**
   * Has its effect at most once per order id, however often it is called: after a crash it is called again.
   *
   * @throws NotYet while the outcome is unknown; whatever else it throws means that there was and will be no effect,
   * and the payer is credited
   */
  fulfil(order: Order): Promise<JsonObject>;
  /** Takes back what lasts, when the chain lost the payment for good. */
  revoke?(order: Order): Promise<void>;
  /**
   * The account whose money the payment stays; without it, what was fulfilled is ours. A payment that lies on chain
   * already is then nobody's to direct but its payer's, who signs in.
   */
  creditedTo?(order: Order): Promise<AccountId>;
  /**
   * Fields that are never stored with the answer, but made again for who proves to be the buyer. A payment header proves
   * nothing here, not even while the order is young: only being the first to send a payment that was not on chain yet,
   * the same payment-identifier as then, or a sign-in.
   */
  secretsOf?(order: Order): Promise<JsonObject>;
  /** Fields of the answer that are told again only to who proves to be the buyer: a payment header can be rebuilt from the chain. */
  readonly secrets?: readonly string[];
};

/** What the call costs. @throws ApiError invalid_field where the buyer chooses it */
export const priceAsked = (sale: Sale, asked: Pick<Call, "body" | "query">): bigint =>
  sale.priceOf?.(asked) ?? sale.priceFor?.(asked) ?? sale.priceMicroUsd;

/** `isReplay`: the call has been made before under the same name, and nothing was done now. */
export type Covered = { readonly answer: JsonObject; readonly isReplay: boolean };

/** What agents read before they buy. Schemas are JSON Schema 2020-12. */
export type SaleDocs = {
  readonly summary: string;
  readonly inputSchema: JsonObject;
  readonly exampleInput: JsonObject;
  readonly exampleOutput: JsonObject;
  /** True when the call needs a sign-in besides the payment. */
  readonly needsSignIn?: boolean;
};

/**
 * Whether the effect was had cannot be known yet; the same order is asked for again later. A `cause` means that this is
 * nobody's outage but a fault of ours, which time alone does not mend: whoever works on the order logs it as an error.
 */
export class NotYet extends Error {
  readonly retryAfterSec: number;

  constructor(retryAfterSec: number, options?: ErrorOptions) {
    super("the outcome is not known yet", options);
    this.name = "NotYet";
    this.retryAfterSec = retryAfterSec;
  }
}

/**
 * What `work` gives or rejects with, if it says what it means; whatever else goes wrong in it leaves the outcome open, and
 * nobody must be credited for it. What is not an outage goes along as the cause.
 *
 * @throws NotYet, ApiError
 */
export async function orNotYet<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApiError || error instanceof NotYet) throw error;
    throw new NotYet(2, isOutage(error) ? {} : { cause: error });
  }
}
