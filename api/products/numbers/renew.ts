import { z } from "zod";
import { ApiError } from "../../errors.ts";
import { callerWallet } from "../../identity/caller-wallet.ts";
import type { SiweDeps, Wallet } from "../../identity/siwe.ts";
import { dollarsOf, INCLUDED_TEXTS, LEASE_DAYS, PRICES } from "../../prices.ts";
import { FIELD_SCHEMAS, phoneNumber, readFields } from "../../providers/phone/fields.ts";
import type { RuleDeps } from "../../providers/phone/rules/judge.ts";
import { byCountry, renewalTerms } from "../../providers/phone/rules/terms.ts";
import { type Buyer, type Call, type JsonObject, type Order, orNotYet, type Sale } from "../../sale.ts";
import { COLUMNS, heldLease, isHeldBy, type Lease, type LeaseDeps, leaseOf } from "./lease.ts";

export type RenewDeps = LeaseDeps & SiweDeps & Pick<RuleDeps, "rules">;

const PERIOD_SEC = LEASE_DAYS * 24 * 3600;

/** Thirty more days and 5,000 more texts: for the holder, whoever pays, or from the holder's wallet without a sign-in. */
export function renewSale(deps: RenewDeps): Sale {
  return {
    id: "numbers.mine.renew",
    method: "POST",
    path: "/api/v1/numbers/mine/renew",
    ...renewalTerms(deps),
    description: `Renew a line for 30 days with 5,000 more texts, also within 7 days after it expired.${byCountry(deps.rules?.variesBy.renewals)}`,
    docs: DOCS,
    prepare: async (call, buyer) => {
      const { leaseId } = await renewable(deps, call, buyer);
      return { leaseId };
    },
    fulfil: (order) => orNotYet(() => renew(deps, order)),
    revoke: (order) => takeBack(deps, order),
  };
}

const shape = z.object({ phoneNumber });

async function renewable(deps: RenewDeps, call: Call, buyer: Buyer): Promise<Lease> {
  const { phoneNumber: line } = readFields(shape, call.body);
  const asker: Wallet =
    call.authorization === undefined
      ? { address: buyer.payer, onlyChainId: buyer.chainId }
      : await callerWallet(deps, call);
  const lease = await heldLease(deps, line);
  if (!lease || !isHeldBy(lease, asker)) throw new ApiError("line_not_found");
  if (lease.suspendedAt) throw new ApiError("line_suspended");
  return lease;
}

/** A line that had expired gets its thirty days from now. */
async function renew({ db, clock }: RenewDeps, { id, input, priceMicroUsd }: Order): Promise<JsonObject> {
  const now = new Date(clock.nowMs());
  return db.transaction(async (client) => {
    const { rowCount } = await client.query(
      "insert into app.lease_renewal (order_id, lease_id, renewed_at) values ($1, $2, $3) on conflict do nothing",
      [id, input.leaseId, now],
    );
    const isNew = rowCount === 1;
    const { rows } = await client.query(
      `update app.lease set
         expires_at = case when $2 then greatest(expires_at, $3) + make_interval(secs => $4) else expires_at end,
         included_texts_left = included_texts_left + case when $2 then $5::int else 0 end
       where lease_id = $1 and (not $2 or (released_at is null and suspended_at is null))
       returning ${COLUMNS}`,
      [input.leaseId, isNew, now, PERIOD_SEC, INCLUDED_TEXTS.renewal],
    );
    // It went back to the carrier while the payment was on its way.
    if (!rows[0]) throw new ApiError("provider_failed", { details: { reason: "line_gone" } });
    return answerOf(id, priceMicroUsd, leaseOf(rows[0]));
  });
}

async function takeBack({ db, clock }: RenewDeps, { id }: Order): Promise<void> {
  await db.transaction(async (client) => {
    const { rows } = await client.query<{ lease_id: string }>(
      "update app.lease_renewal set revoked_at = $2 where order_id = $1 and revoked_at is null returning lease_id",
      [id, new Date(clock.nowMs())],
    );
    if (!rows[0]) return;
    await client.query(
      `update app.lease set expires_at = expires_at - make_interval(secs => $2),
         included_texts_left = greatest(0, included_texts_left - $3)
       where lease_id = $1`,
      [rows[0].lease_id, PERIOD_SEC, INCLUDED_TEXTS.renewal],
    );
  });
}

type Renewed = Pick<Lease, "phoneNumber" | "country" | "expiresAt" | "includedTextsLeft">;

const answerOf = (orderId: string, priceMicroUsd: bigint, lease: Renewed): JsonObject => ({
  success: true,
  phoneNumber: lease.phoneNumber,
  country: lease.country,
  orderId,
  priceUsd: dollarsOf(priceMicroUsd),
  included: { texts: INCLUDED_TEXTS.renewal, periodDays: LEASE_DAYS },
  includedTextsLeft: lease.includedTextsLeft,
  expiresAt: lease.expiresAt.toISOString(),
});

const EXAMPLE: Renewed = {
  phoneNumber: "+12125551234",
  country: "US",
  expiresAt: new Date("2026-05-26T00:00:00Z"),
  includedTextsLeft: 7_321,
};

const DOCS: Sale["docs"] = {
  summary: "Renew Phone Line",
  inputSchema: { type: "object", properties: { phoneNumber: FIELD_SCHEMAS.phoneNumber }, required: ["phoneNumber"] },
  exampleInput: { phoneNumber: EXAMPLE.phoneNumber },
  exampleOutput: answerOf("3f0f54f4-6b0d-4f6a-9d4b-0c5a9f3f9a11", PRICES.lineRenewalMicroUsd, EXAMPLE),
};
