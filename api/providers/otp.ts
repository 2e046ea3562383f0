import type { Clock } from "../clock.ts";
import type { OtpEnv } from "../env.ts";
import { type Catalog, readCatalog } from "./otp/catalog.ts";
import { openLine } from "./otp/line.ts";
import { createOffers } from "./otp/offers.ts";
import { createSupplier } from "./otp/supplier.ts";

/** A number for one service in one country, as the supplier sells it now. Ids are the catalogue's. */
export type OtpOffer = { service: string; country: string; costMicroUsd: bigint; stock: number };

export type OtpPurchase = { service: string; country: string; maxCostMicroUsd: bigint };

/** `refused`: nothing was bought. `unknown`: it may have been, and the supplier takes it back by itself in the end. */
export type OtpBought =
  | { kind: "bought"; activationId: string; phoneNumber: string; costMicroUsd?: bigint }
  | { kind: "refused"; reason: OtpRefusal }
  | { kind: "unknown" };

export type OtpRefusal = "no_numbers" | "no_balance" | "price_rose" | "bad_service" | "failed";

export type OtpReceived = { kind: "received"; code: string; text: string };

/** `cancelled` is final, whoever cancelled it: no code comes, and the supplier takes nothing. */
export type OtpStatus = { kind: "waiting" } | OtpReceived | { kind: "cancelled" } | { kind: "unknown" };

export type OtpCancelled =
  | { kind: "cancelled" }
  | { kind: "too_early"; retryAfterSec: number }
  | OtpReceived
  | { kind: "unknown" };

/**
 * Who sells numbers that get one text each. Speaks the `handler_api.php` protocol that dozens of suppliers share; the
 * account there must be in US dollars. Only `offers` rejects; what the supplier says in other words stays inside.
 */
export type OtpProvider = {
  /** What the operator sells. */
  readonly catalog: Catalog;
  /** A few seconds old at most while the supplier answers, a minute when it does not. @throws ApiError provider_unavailable */
  offers(): Promise<readonly OtpOffer[]>;
  /** Asks once and never again: the protocol has no reference that would make a second purchase the same one. */
  buy(purchase: OtpPurchase): Promise<OtpBought>;
  status(activationId: string): Promise<OtpStatus>;
  /** May be called again. */
  cancel(activationId: string): Promise<OtpCancelled>;
  /** Tells the supplier that the code was good. A courtesy: nothing hangs on it. */
  finish(activationId: string): Promise<void>;
  /** What is left at the supplier, 1e-6 USD; undefined while it cannot be asked. */
  health(): Promise<{ balanceMicroUsd: bigint } | undefined>;
  close(): Promise<void>;
};

export type OtpDeps = {
  clock: Clock;
  log: { warn(fields: object, message: string): void };
  /** How long the supplier gets; tests are in more of a hurry. */
  timeoutMs?: { buy: number; ask: number };
};

/** Asks the supplier nothing yet: one that is away must not stop the API from starting. Throws what is wrong with the catalogue. */
export async function openOtp(env: OtpEnv, deps: OtpDeps): Promise<OtpProvider> {
  const catalog = await readCatalog(env.catalogFile);
  const line = openLine(env, deps);
  const offers = createOffers({ catalog, line, clock: deps.clock });
  const { buy, status, cancel, finish, balance } = createSupplier({ catalog, line, ...deps });
  return { catalog, offers, buy, status, cancel, finish, health: balance, close: line.close };
}
