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

const PATIENCE_MS = 10_000;

/**
 * Ponder locks its schema and, killed, leaves the lock behind for 25 seconds. Takes it away, but only when its holder
 * is certainly dead: a second writer would spoil the rows. In doubt the lock stays and Ponder waits it out.
 */
export async function releaseLock(client: pg.ClientBase, { schema, pidFile }: LockOf): Promise<void> {
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, "utf8"));
  await endOrphan(pid);
  if (!(await lockTable(client, schema)) || (await connected(client, schema))) return;
  await client.query(
    `update ${schema}._ponder_meta set value = jsonb_set(value, '{is_locked}', '0') where value ->> 'is_locked' = '1'`,
  );
}

export const noteHolder = ({ pidFile }: LockOf, pid: number): void => writeFileSync(pidFile, `${pid}\n`);

export const forgetHolder = ({ pidFile }: LockOf): void => rmSync(pidFile, { force: true });

/** A Ponder whose supervisor was killed ends by itself; one that hangs is ended here. */
export async function endOrphan(pid: number): Promise<void> {
  const isPonder = () => alive(pid) && commandLine(pid).includes("ponder.js");
  if (!isPonder()) return;
  process.kill(pid, "SIGINT");
  if (await until(() => !isPonder())) return;
  process.kill(pid, "SIGKILL");
  if (!(await until(() => !isPonder()))) throw new Error(`the indexer's former process ${pid} does not end`);
}

/** Empty for a process that has ended, also while nobody has collected it. */
function commandLine(pid: number): string {
  if (existsSync("/proc/self/cmdline"))
    return existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, "utf8") : "";
  return spawnSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8" }).stdout ?? "";
}

async function lockTable(client: pg.ClientBase, schema: string): Promise<boolean> {
  const { rows } = await client.query("select to_regclass($1) is not null as there", [`${schema}._ponder_meta`]);
  return rows[0].there;
}

/** A process id says nothing about other machines; connections, which Ponder's heartbeat keeps open, do. */
async function connected(client: pg.ClientBase, schema: string): Promise<boolean> {
  const names = ["internal", "user", "readonly"].map((pool) => `${schema}_${pool}`);
  const query = `select from pg_stat_activity where datname = current_database() and application_name = any($1)`;
  return !(await until(async () => (await client.query(query, [names])).rowCount === 0));
}

async function until(condition: () => boolean | Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) return false;
    await pause(50);
  }
  return true;
}
