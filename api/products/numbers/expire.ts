import { LEASE_GRACE_SEC } from "../../limits.ts";
import type { OnceDeps } from "../../providers/phone/once.ts";

/**
 * One round of the worker: lines whose lease ended, or lost its payment, longer ago than the days of grace go back to
 * the carrier. What is released here first can not be renewed meanwhile.
 */
export async function expireLeases({ db, clock, log, phone }: OnceDeps): Promise<void> {
  const now = new Date(clock.nowMs());
  await db.pool.query(
    `update app.lease set released_at = $1
     where released_at is null and (expires_at <= $2 or suspended_at <= $2)`,
    [now, new Date(now.getTime() - LEASE_GRACE_SEC * 1000)],
  );
  const { rows } = await db.pool.query<{ lease_id: string; phone_number: string }>(
    "select lease_id, phone_number from app.lease where released_at is not null and given_back_at is null limit 100",
  );
  for (const { lease_id: reference, phone_number: phoneNumber } of rows)
    await phone.release({ reference, phoneNumber }).then(
      () => db.pool.query("update app.lease set given_back_at = $2 where lease_id = $1", [reference, now]),
      (error: Error) => log.warn({ reference, reason: error.message }, "a line was not given back"),
    );
}
