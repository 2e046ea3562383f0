import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type pg from "pg";
import { alive } from "../process.ts";

export type LockOf = {
  schema: string;
  /** Remembers the running Ponder's process id, so that the next start can tell whether it is dead. */
  pidFile: string;
};

/** After this long without a heartbeat Ponder takes the lock of another Ponder over. */
const DEAD_AFTER_MS = 25_000;
const ORPHAN_MS = 10_000;
const DISCONNECT_MS = 3_000;

/**
 * Makes sure that nobody else writes the schema. Ponder locks it and, killed, leaves the lock behind for 25 seconds;
 * that lock is taken away, but only when its holder is certainly dead: a second writer would spoil the rows.
 *
 * @throws Error while another indexer writes, or may. Ponder must not be started then: giving up, it would take away a
 * lock that it never had.
 */
export async function takeOver(pool: pg.Pool, lock: LockOf): Promise<void> {
  // Ours was the last to hold the lock, unless somebody else has come since.
  const wasOurs = existsSync(lock.pidFile);
  if (wasOurs) await endOrphan(Number(readFileSync(lock.pidFile, "utf8")));
  if (!(await exists(pool, `${lock.schema}._ponder_meta`))) return;
  if (await connected(pool, lock.schema)) {
    forgetHolder(lock);
    throw new Error(`another indexer writes ${lock.schema}; waiting for its end`);
  }
  if (!(await locked(pool, lock.schema))) return;
  if (!wasOurs) throw new Error(`another indexer may still write ${lock.schema}; waiting ${DEAD_AFTER_MS / 1000} s`);
  await pool.query(`update ${lock.schema}._ponder_meta set value = jsonb_set(value, '{is_locked}', '0')`);
}

export const noteHolder = ({ pidFile }: LockOf, pid: number): void => writeFileSync(pidFile, `${pid}\n`);

export const forgetHolder = ({ pidFile }: LockOf): void => rmSync(pidFile, { force: true });

/** Whether a Ponder, on whatever machine, holds the schema's lock and is alive. */
export async function locked(pool: pg.Pool, schema: string): Promise<boolean> {
  const held = `select from ${schema}._ponder_meta
                where value ->> 'is_locked' = '1' and (value ->> 'heartbeat_at')::bigint > $1`;
  return (await pool.query(held, [Date.now() - DEAD_AFTER_MS])).rowCount !== 0;
}

export async function exists(pool: pg.Pool, table: string): Promise<boolean> {
  return (await pool.query("select to_regclass($1) is not null as there", [table])).rows[0].there;
}

/** A Ponder whose supervisor was killed ends by itself; one that hangs is ended here. */
export async function endOrphan(pid: number): Promise<void> {
  const gone = () => !alive(pid) || !commandLine(pid).includes("ponder.js");
  if (gone()) return;
  process.kill(pid, "SIGINT");
  if (await until(gone, ORPHAN_MS)) return;
  process.kill(pid, "SIGKILL");
  if (!(await until(gone, ORPHAN_MS))) throw new Error(`the indexer's former process ${pid} does not end`);
}

/** Empty for a process that has ended, also while nobody has collected it. */
function commandLine(pid: number): string {
  if (existsSync("/proc/self/cmdline"))
    return existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, "utf8") : "";
  return spawnSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8" }).stdout ?? "";
}

/** A process id says nothing about other machines; connections, which Ponder's heartbeat keeps open, do. */
async function connected(pool: pg.Pool, schema: string): Promise<boolean> {
  const names = ["internal", "user", "readonly"].map((purpose) => `${schema}_${purpose}`);
  const query = "select from pg_stat_activity where datname = current_database() and application_name = any($1)";
  return !(await until(async () => (await pool.query(query, [names])).rowCount === 0, DISCONNECT_MS));
}

async function until(condition: () => boolean | Promise<boolean>, patienceMs: number): Promise<boolean> {
  const deadline = Date.now() + patienceMs;
  while (!(await condition())) {
    if (Date.now() > deadline) return false;
    await pause(50);
  }
  return true;
}
