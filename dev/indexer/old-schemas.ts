import type pg from "pg";
import { exists, locked } from "./lock.ts";

/**
 * Drops the indexes of former versions, once `serving` is the one behind the views. One that another Ponder still
 * writes to, as during a rolling deployment, stays for the next start. Returns the names of what went.
 */
export async function dropOldSchemas(pool: pg.Pool, serving: string): Promise<string[]> {
  const { rows } = await pool.query<{ nspname: string }>(
    "select nspname from pg_namespace where nspname ~ '^idx_[0-9a-f]{12}$' and nspname <> $1 order by 1",
    [serving],
  );
  const dropped: string[] = [];
  for (const { nspname } of rows) {
    if ((await exists(pool, `${nspname}._ponder_meta`)) && (await locked(pool, nspname))) continue;
    await pool.query(`drop schema ${nspname} cascade`);
    dropped.push(nspname);
  }
  return dropped;
}
