import { z } from "zod";
import { ApiError, invalidField } from "../../errors.ts";
import { dollarsOf, INCLUDED_TEXTS, LEASE_DAYS, PRICES } from "../../prices.ts";
import { countryOf as countryOfNumber } from "../../providers/phone/country.ts";
import { readFields } from "../../providers/phone/fields.ts";
import { type OnceDeps, once } from "../../providers/phone/once.ts";
import { admissionOf, againstRules, assertAllowed } from "../../providers/phone/rules/judge.ts";
import { byCountry, lineTerms } from "../../providers/phone/rules/terms.ts";
import { NO_RULES, type PhoneRules } from "../../providers/phone/rules.ts";
import type { Bought, NumberOrder } from "../../providers/phone.ts";
import { type JsonObject, NotYet, type Order, orNotYet, type Sale } from "../../sale.ts";
import { COUNTRIES } from "./countries.ts";
import { COLUMNS, type Lease, leaseOf } from "./lease.ts";

export type BuyDeps = OnceDeps & { providerName: string };

type Tier = Lease["tier"];

/** A line of one's own, in the US or elsewhere. */
export function buySale(deps: BuyDeps, tier: Tier): Sale {
  const terms = lineTerms(deps, tier === "us" ? "US" : undefined);
  const describe = describing(deps, tier);
  return {
    ...terms,
    id: `numbers.buy.${tier}`,
    method: "POST",
    path: `/api/v1/numbers/buy/${tier}`,
    description: describe(terms.priceMicroUsd),
    describe,
    docs: docsOf(deps, tier),
    prepare: async (call) => {
      const country = countryOf(call.body, tier);
      await assertAllowed(deps, { what: "number", country });
      if ((await stockOf(deps, country)) === 0) throw new ApiError("out_of_stock", { details: { country } });
      return { country };
    },
    fulfil: (order) => orNotYet(() => buy(deps, tier, order)),
    // Payments can be read on chain; whose number it is shall not be.
    secrets: ["phoneNumber"],
    revoke: async ({ id }) => {
      await deps.db.pool.query("update app.lease set suspended_at = $2 where lease_id = $1 and suspended_at is null", [
        id,
        new Date(deps.clock.nowMs()),
      ]);
    },
  };
}

function describing({ rules }: BuyDeps, tier: Tier): (priceMicroUsd: bigint) => string {
  const which = tier === "us" ? "US" : "international";
  const note = byCountry(tier === "intl" && rules?.variesBy.lines);
  return (priceMicroUsd) =>
    `Buy an exclusive ${which} phone line. $${dollarsOf(priceMicroUsd)} activation includes first month + 10,000 free texts.${note}`;
}

const shape = z.object({ country: z.string("must be an ISO 3166-1 country code, such as GB") });

function countryOf(body: unknown, tier: Tier): string {
  const { country } = readFields(shape, body);
  if (tier === "us" && country !== "US")
    throw invalidField("country", 'must be "US"; /api/v1/numbers/buy/intl sells others');
  if (tier === "intl" && country === "US")
    throw invalidField("country", "must not be US, which /api/v1/numbers/buy/us sells");
  if (!COUNTRIES.has(country)) throw invalidField("country", "must be an ISO 3166-1 country code, such as GB");
  return country;
}

async function stockOf({ phone, log }: BuyDeps, country: string): Promise<number> {
  return phone.stock(country).catch((error: Error) => {
    log.warn({ country, reason: error.message }, "the carrier does not tell its stock");
    throw new ApiError("provider_unavailable", { retryAfterSec: 5, cause: error });
  });
}

async function buy(deps: BuyDeps, tier: Tier, order: Order): Promise<JsonObject> {
  const wanted = wantedOf(deps, order);
  const ruled = { what: "number", country: wanted.country } as const;
  const outcome = await once<Bought>(deps, {
    reference: order.id,
    what: "number",
    admission: admissionOf(deps, ruled),
    act: async () => againstRules(deps, ruled) ?? deps.phone.buyNumber(wanted),
    find: (triedAt) => deps.phone.findPurchase(order.id, triedAt),
  });
  if (outcome.kind === "unknown") throw new NotYet(outcome.retryAfterSec);
  if (outcome.kind === "refused") throw new ApiError("provider_failed", { details: { reason: outcome.reason } });
  const { phoneNumber } = outcome;
  const lease = await keepLease(deps, { order, tier, country: wanted.country, phoneNumber }).catch((error: unknown) => {
    if ((error as { constraint?: unknown }).constraint !== "lease_line") throw error;
    // A carrier that sells what it sold before: nobody's line is taken away for that.
    deps.log.error({ orderId: order.id }, "the carrier sold a number that is leased already");
    throw new ApiError("provider_failed", { details: { reason: "number_taken" } });
  });
  return answerOf(deps, order.id, lease);
}

/** What it may cost us is looked at when it is bought: the operator may have changed his mind since it was paid. */
function wantedOf({ rules = NO_RULES }: BuyDeps, { id: reference, input }: Order): NumberOrder {
  const country = String(input.country);
  const { maxLineCostMicroUsd, requirements } = rules.of(country);
  return {
    reference,
    country,
    ...(maxLineCostMicroUsd !== undefined && { maxCostMicroUsd: maxLineCostMicroUsd }),
    ...(requirements && { requirements }),
  };
}

type Leased = { order: Order; tier: Tier; country: string; phoneNumber: string };

/** The lease begins when it is written down: the buyer loses no time to a carrier that was slow. */
async function keepLease({ db, clock }: BuyDeps, { order, tier, country, phoneNumber }: Leased): Promise<Lease> {
  const now = clock.nowMs();
  const { rows } = await db.pool.query(
    `insert into app.lease as known (lease_id, owner, chain_id, phone_number, country, tier, price_micro_usd,
       included_texts_left, leased_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (lease_id) do update set lease_id = known.lease_id
     returning ${COLUMNS}`,
    [
      order.id,
      order.payer.toLowerCase(),
      order.chainId,
      phoneNumber,
      country,
      tier,
      order.priceMicroUsd.toString(),
      INCLUDED_TEXTS.activation,
      new Date(now),
      new Date(now + LEASE_DAYS * 24 * 3600_000),
    ],
  );
  return leaseOf(rows[0]);
}

type Told = Pick<Lease, "phoneNumber" | "country" | "priceMicroUsd" | "expiresAt">;

const answerOf = (
  { providerName, rules = NO_RULES }: Pick<BuyDeps, "providerName" | "rules">,
  orderId: string,
  lease: Told,
): JsonObject => ({
  success: true,
  provider: providerName,
  phoneNumber: lease.phoneNumber,
  country: lease.country,
  orderId,
  priceUsd: dollarsOf(lease.priceMicroUsd),
  included: { texts: INCLUDED_TEXTS.activation, periodDays: LEASE_DAYS },
  renewal: { priceUsd: renewalUsd(rules, lease.phoneNumber), texts: INCLUDED_TEXTS.renewal, periodDays: LEASE_DAYS },
  expiresAt: lease.expiresAt.toISOString(),
  managementInfo: "Manage your number at /api/v1/numbers/mine. Authenticate with SIWE.",
});

const renewalUsd = (rules: PhoneRules, phoneNumber: string): number =>
  dollarsOf(rules.of(countryOfNumber(phoneNumber)).renewalMicroUsd);

function docsOf(deps: BuyDeps, tier: Tier): Sale["docs"] {
  const [country, phoneNumber] = tier === "us" ? ["US", "+12125551234"] : ["GB", "+447700900123"];
  const expiresAt = new Date("2026-04-26T00:00:00Z");
  const example = { phoneNumber, country, priceMicroUsd: PRICES.lineMicroUsd, expiresAt };
  const rule = tier === "us" ? { const: "US" } : { type: "string", pattern: "^[A-Z]{2}$", not: { const: "US" } };
  return {
    summary: tier === "us" ? "Buy Phone Line (US)" : "Buy Phone Line (International)",
    inputSchema: { type: "object", properties: { country: rule }, required: ["country"] },
    exampleInput: { country },
    exampleOutput: answerOf(deps, "3f0f54f4-6b0d-4f6a-9d4b-0c5a9f3f9a11", example),
  };
}
