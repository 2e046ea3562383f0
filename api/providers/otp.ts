import type { Clock } from "../clock.ts";
import type { OtpEnv, OtpSupplierEnv, SupplierNumber } from "../env/otp.ts";
import { activationOf, nameOf } from "./otp/activation-id.ts";
import { type Catalog, catalogAt, readCatalog } from "./otp/catalog.ts";
import type { Counter } from "./otp/counter.ts";
import { createFailOver } from "./otp/fail-over.ts";
import { openLine } from "./otp/line.ts";
import { mergeOffers } from "./otp/merged-offers.ts";
import { createOffers } from "./otp/offers.ts";
import { createSupplier } from "./otp/supplier.ts";

/** A number for one service in one country, as the suppliers sell it now. Ids are the catalogue's. */
export type OtpOffer = { service: string; country: string; costMicroUsd: bigint; stock: number };

export type OtpPurchase = {
  service: string;
  country: string;
  /** What it was offered for. */
  maxCostMicroUsd: bigint;
  /** What another supplier may take, where who offered it sells none: the same, unless told. */
  mostCostMicroUsd?: bigint;
};

/**
 * `refused`: nothing was bought. `unknown`: it may have been, and the supplier takes it back by itself in the end. What
 * it cost is told where it may be another amount than it was offered for.
 */
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

/** 1e-6 USD; undefined while the supplier cannot be asked. */
export type OtpBalance = { supplier: SupplierNumber; balanceMicroUsd: bigint | undefined };

/**
 * Who sells numbers that get one text each: one supplier or several. Speaks the `handler_api.php` protocol that dozens
 * of them share; the accounts there must be in US dollars. Only `offers` rejects; what a supplier says in other words
 * stays inside.
 */
export type OtpProvider = {
  /** What the operator sells. */
  readonly catalog: Catalog;
  /** A few seconds old at most while a supplier answers, a minute when it does not. @throws ApiError provider_unavailable */
  offers(): Promise<readonly OtpOffer[]>;
  /**
   * Asks each supplier once at most, the next one only after one has sold nothing: the protocol has no reference that
   * would make a second purchase the same one.
   */
  buy(purchase: OtpPurchase): Promise<OtpBought>;
  status(activationId: string): Promise<OtpStatus>;
  /** May be called again. */
  cancel(activationId: string): Promise<OtpCancelled>;
  /** Tells the supplier that the code was good. A courtesy: nothing hangs on it. */
  finish(activationId: string): Promise<void>;
  /** What is left at each. */
  health(): Promise<readonly OtpBalance[]>;
  close(): Promise<void>;
};

export type OtpDeps = {
  clock: Clock;
  log: { warn(fields: object, message: string): void };
  /** How long the supplier gets; tests are in more of a hurry. */
  timeoutMs?: { buy: number; ask: number };
};

/** Asks the suppliers nothing yet: one that is away must not stop the API from starting. Throws what is wrong with the catalogue. */
export async function openOtp(env: OtpEnv, deps: OtpDeps): Promise<OtpProvider> {
  const catalog = await readCatalog(env.catalogFile);
  const areSeveral = env.suppliers.length > 1;
  const counters = env.suppliers.map((one) =>
    openCounter(catalog, one, areSeveral ? { ...deps, log: namedLog(deps.log, one.number) } : deps),
  );
  const suppliers = new Map(counters.map(({ number, supplier }) => [number, supplier]));
  const to = <T>(name: string, ask: (supplier: Later, id: string) => T): T => {
    const { number, id } = activationOf(name);
    return ask(suppliers.get(number) ?? GONE, id);
  };
  return {
    catalog,
    ...(areSeveral ? selling(counters, deps) : sellingAlone(counters[0] as Counter)),
    status: (name) => to(name, (supplier, id) => supplier.status(id)),
    cancel: (name) => to(name, (supplier, id) => supplier.cancel(id)),
    finish: (name) => to(name, (supplier, id) => supplier.finish(id)),
    health: () => Promise.all(counters.map(balanceAt)),
    close: async () => {
      await Promise.all(counters.map(({ close }) => close()));
    },
  };
}

/** What is asked once something is bought. */
type Later = Pick<OtpProvider, "status" | "cancel" | "finish">;

/** A supplier whom the operator has taken away. */
const UNKNOWN = async () => ({ kind: "unknown" }) as const;
const GONE: Later = { status: UNKNOWN, cancel: UNKNOWN, finish: async () => {} };

const namedLog = (log: OtpDeps["log"], supplier: SupplierNumber): OtpDeps["log"] => ({
  warn: (fields, message) => log.warn({ supplier, ...fields }, message),
});

const balanceAt = async ({ number, supplier }: Counter): Promise<OtpBalance> => ({
  supplier: number,
  balanceMicroUsd: await supplier.balanceMicroUsd(),
});

function openCounter(catalog: Catalog, env: OtpSupplierEnv, deps: OtpDeps): Counter {
  const line = openLine(env, deps);
  const own = catalogAt(catalog, env.number);
  return {
    number: env.number,
    offers: createOffers({ catalog: own, line, clock: deps.clock }),
    supplier: createSupplier({ catalog: own, line, ...deps }),
    close: line.close,
  };
}

type Selling = Pick<OtpProvider, "offers" | "buy">;

const selling = (counters: readonly Counter[], { clock, log }: OtpDeps): Selling => ({
  offers: mergeOffers(counters, clock),
  buy: createFailOver({ counters, clock, log }),
});

/** Who knows better than its last list what it has. */
const sellingAlone = ({ number, offers, supplier }: Counter): Selling => ({
  offers: offers.now,
  buy: async (purchase) => {
    const said = await supplier.buy(purchase);
    return said.kind === "bought" ? { ...said, activationId: nameOf({ number, id: said.activationId }) } : said;
  },
});
