import type pg from "pg";

/** Longer than the 25 seconds after which Ponder itself holds another Ponder for dead. */
const DEAD_AFTER_MS = 30_000;

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
    if (await inUse(pool, nspname)) continue;
    await pool.query(`drop schema ${nspname} cascade`);
    dropped.push(nspname);
  }
  return dropped;
}

async function inUse(pool: pg.Pool, schema: string): Promise<boolean> {
  const there = await pool.query("select to_regclass($1) is not null as there", [`${schema}._ponder_meta`]);
  if (!there.rows[0].there) return false;
  const { rowCount } = await pool.query(
    `select from ${schema}._ponder_meta
     where value ->> 'is_locked' = '1' and (value ->> 'heartbeat_at')::bigint > $1`,
    [Date.now() - DEAD_AFTER_MS],
  );
  return (rowCount ?? 0) > 0;
}
