import type pg from "pg";
import type { Address } from "viem";
import type { Clock } from "../../clock.ts";
import type { Db } from "../../db.ts";
import { ApiError } from "../../errors.ts";
import type { Wallet } from "../../identity/siwe.ts";
import { LEASE_GRACE_SEC } from "../../limits.ts";
import { dollarsOf } from "../../prices.ts";

/** A number held until `expiresAt` by the wallet that paid for it. */
export type Lease = {
  leaseId: string;
  owner: Address;
  chainId: number;
  phoneNumber: string;
  country: string;
  tier: "us" | "intl";
  priceMicroUsd: bigint;
  includedTextsLeft: number;
  leasedAt: Date;
  expiresAt: Date;
  suspendedAt: Date | undefined;
  releasedAt: Date | undefined;
};

export type LeaseStatus = "active" | "expired" | "suspended";

/** The lease ends by the clock; nothing has to run for it. */
export function statusOf({ expiresAt, suspendedAt, releasedAt }: Lease, nowMs: number): LeaseStatus {
  if (suspendedAt) return "suspended";
  return releasedAt || expiresAt.getTime() <= nowMs ? "expired" : "active";
}

/** As its holder sees it. */
export const publicLease = (lease: Lease, nowMs: number) => ({
  phoneNumber: lease.phoneNumber,
  country: lease.country,
  tier: lease.tier,
  priceUsd: dollarsOf(lease.priceMicroUsd),
  leasedAt: lease.leasedAt.toISOString(),
  expiresAt: lease.expiresAt.toISOString(),
  status: statusOf(lease, nowMs),
  includedTextsLeft: lease.includedTextsLeft,
  renewableUntil: new Date(lease.expiresAt.getTime() + LEASE_GRACE_SEC * 1000).toISOString(),
});

export type LeaseDeps = { db: Db; clock: Clock };

type Row = {
  lease_id: string;
  owner: Address;
  chain_id: number;
  phone_number: string;
  country: string;
  tier: Lease["tier"];
  price_micro_usd: string;
  included_texts_left: number;
  leased_at: Date;
  expires_at: Date;
  suspended_at: Date | null;
  released_at: Date | null;
};

export const COLUMNS = `lease_id, owner, chain_id, phone_number, country, tier, price_micro_usd, included_texts_left,
  leased_at, expires_at, suspended_at, released_at`;

export const leaseOf = (row: Row): Lease => ({
  leaseId: row.lease_id,
  owner: row.owner,
  chainId: row.chain_id,
  phoneNumber: row.phone_number,
  country: row.country,
  tier: row.tier,
  priceMicroUsd: BigInt(row.price_micro_usd),
  includedTextsLeft: row.included_texts_left,
  leasedAt: row.leased_at,
  expiresAt: row.expires_at,
  suspendedAt: row.suspended_at ?? undefined,
  releasedAt: row.released_at ?? undefined,
});

/** The wallet's leases, newest first; those that ended only when asked for. */
export async function listLeases(
  deps: LeaseDeps,
  { address, onlyChainId }: Wallet,
  page: { all: boolean; offset: number; limit: number },
): Promise<Lease[]> {
  const { rows } = await deps.db.pool.query<Row>(
    `select ${COLUMNS} from app.lease where owner = $1 and chain_id = coalesce($2, chain_id)
       and ($3 or (expires_at > $4 and suspended_at is null and released_at is null))
     order by leased_at desc, lease_id limit $5 offset $6`,
    [address.toLowerCase(), onlyChainId ?? null, page.all, new Date(deps.clock.nowMs()), page.limit, page.offset],
  );
  return rows.map(leaseOf);
}

/**
 * The line that this wallet may send from. Whose line it is else, nobody is told.
 *
 * @throws ApiError line_not_found, line_suspended, line_expired
 */
export async function usableLease(deps: LeaseDeps, wallet: Wallet, phoneNumber: string): Promise<Lease> {
  const lease = await heldLease(deps, phoneNumber);
  if (!lease || !isHeldBy(lease, wallet)) throw new ApiError("line_not_found");
  const status = statusOf(lease, deps.clock.nowMs());
  if (status === "active") return lease;
  throw new ApiError(status === "suspended" ? "line_suspended" : "line_expired");
}

export const isHeldBy = ({ owner, chainId }: Lease, { address, onlyChainId }: Wallet): boolean =>
  owner === address.toLowerCase() && (onlyChainId === undefined || onlyChainId === chainId);

/** The lease of a number that has not gone back to the carrier. */
export async function heldLease({ db }: LeaseDeps, phoneNumber: string): Promise<Lease | undefined> {
  const { rows } = await db.pool.query<Row>({
    name: "find-held-lease",
    text: `select ${COLUMNS} from app.lease where phone_number = $1 and released_at is null`,
    values: [phoneNumber],
  });
  return rows[0] && leaseOf(rows[0]);
}

/** Uses up one included text, in one statement: as many succeed as are left. */
export async function takeIncludedText(client: pg.ClientBase, leaseId: string): Promise<boolean> {
  const { rowCount } = await client.query(
    "update app.lease set included_texts_left = included_texts_left - 1 where lease_id = $1 and included_texts_left > 0",
    [leaseId],
  );
  return rowCount === 1;
}

export async function giveBackIncludedText(client: pg.ClientBase, leaseId: string): Promise<void> {
  await client.query("update app.lease set included_texts_left = included_texts_left + 1 where lease_id = $1", [
    leaseId,
  ]);
}
