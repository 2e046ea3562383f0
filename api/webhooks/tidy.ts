import { DAY_MS } from "../clock.ts";
import type { Deps } from "../deps.ts";
import { WEBHOOKS } from "../limits.ts";

const AT_ONCE = 5_000;

/** Removes what was told long ago, in steps that hold up nobody, and secrets that sign no more. */
export async function removeOldDeliveries({ db, clock }: Pick<Deps, "db" | "clock">): Promise<void> {
  const now = clock.nowMs();
  await db.pool.query(
    "update app.webhook set old_secret = null, old_secret_until = null where old_secret_until <= $1",
    [new Date(now)],
  );
  const before = new Date(now - WEBHOOKS.keptDays * DAY_MS);
  let removed: number;
  do {
    const { rowCount } = await db.pool.query(
      `delete from app.webhook_delivery where delivery_id in
         (select delivery_id from app.webhook_delivery where created_at < $1 order by created_at limit $2)`,
      [before, AT_ONCE],
    );
    removed = rowCount ?? 0;
  } while (removed === AT_ONCE);
}
