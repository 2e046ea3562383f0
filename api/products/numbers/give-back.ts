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
    // All of them: some that the carrier never takes back must not keep the others from it. Another carrier's stay owed.
    `select lease_id, phone_number from app.lease left join app.carrier_call on reference = lease_id
     where released_at is not null and given_back_at is null and coalesce(split_part(carrier, ' ', 1), $1) = $1
     order by released_at`,
    [phone.name],
  );
  for (const { lease_id: reference, phone_number: phoneNumber } of rows)
    await phone.release({ reference, phoneNumber }).then(
      () => db.pool.query("update app.lease set given_back_at = $2 where lease_id = $1", [reference, now]),
      (error: Error) => log.warn({ reference, reason: error.message }, "a line was not given back"),
    );
}

/**
 * One round of the worker: numbers whose purchase was given up and credited, since nothing was heard of it for hours,
 * and which the carrier sold to us nevertheless.
 */
export async function releaseLostNumbers({ db, log, phone }: OnceDeps): Promise<void> {
  const { rows } = await db.pool.query<{ reference: string; tried_at: Date }>(
    `select reference, tried_at from app.carrier_call where what = 'number' and answer->>'reason' = 'no_answer'
       and coalesce(split_part(carrier, ' ', 1), $1) = $1
     order by begun_at`,
    [phone.name],
  );
  for (const { reference, tried_at: triedAt } of rows)
    await release(phone, reference, triedAt).then(
      async (isKnown) => {
        const text = `update app.carrier_call set answer = '{"kind":"refused","reason":"given_back"}' where reference = $1`;
        if (isKnown) await db.pool.query(text, [reference]);
      },
      (error: Error) => log.warn({ reference, reason: error.message }, "a lost number was not given back"),
    );
}

async function release(phone: OnceDeps["phone"], reference: string, triedAt: Date): Promise<boolean> {
  const found = await phone.findPurchase(reference, triedAt);
  if (found.kind === "bought") await phone.release({ reference, phoneNumber: found.phoneNumber });
  return found.kind !== "unknown";
}
