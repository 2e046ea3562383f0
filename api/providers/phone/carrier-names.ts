import type pg from "pg";

type Queryable = Pick<pg.Pool, "query">;

export type CarrierName = { carrier: string; carrierId: string; reference: string };

/**
 * Writes down that what the carrier calls `carrierId` is our `reference`. False when it is another one's, or the reference
 * has another name: of texts that are alike in all that the carrier tells, each counts for one reference only.
 */
export async function claimName(on: Queryable, { carrier, carrierId, reference }: CarrierName): Promise<boolean> {
  const { rows } = await on.query<{ is_ours: boolean }>(
    `with claimed as (
       insert into app.carrier_name (carrier, carrier_id, reference) values ($1, $2, $3)
       on conflict do nothing returning true)
     select exists (select from claimed) or exists (
       select from app.carrier_name where carrier = $1 and carrier_id = $2 and reference = $3) as is_ours`,
    [carrier, carrierId, reference],
  );
  return rows[0]?.is_ours ?? false;
}

/** What the carrier calls our `reference`, if that is known. */
export async function carrierIdOf(on: Queryable, carrier: string, reference: string): Promise<string | undefined> {
  const { rows } = await on.query<{ carrier_id: string }>(
    "select carrier_id from app.carrier_name where carrier = $1 and reference = $2",
    [carrier, reference],
  );
  return rows[0]?.carrier_id;
}

/** Those of the names that are somebody's already. */
export async function claimedNames(
  on: Queryable,
  carrier: string,
  carrierIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await on.query<{ carrier_id: string; reference: string }>(
    "select carrier_id, reference from app.carrier_name where carrier = $1 and carrier_id = any($2)",
    [carrier, carrierIds],
  );
  return new Map(rows.map(({ carrier_id, reference }) => [carrier_id, reference]));
}
