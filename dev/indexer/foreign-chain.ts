import type pg from "pg";
import { exists } from "./lock.ts";
import type { Reachable } from "./rpc.ts";

/** Why the chain in front of us cannot be the one that was indexed. */
type Verdict = { reason: string /** Another history, not just fewer blocks. */; proven: boolean };

/**
 * Ponder keeps what it fetched by chain id alone and never asks whether the chain is still the same: after a local
 * chain was reset, it serves payments of a chain that is gone. Compares, and if the chain is another one, drops
 * Ponder's cache of it and every index, which Ponder then builds again.
 *
 * A chain that merely has fewer blocks may be an RPC that lags, so that counts only where `mayShrink` says that the
 * chain is ours and loses blocks when it is killed.
 *
 * @throws Error when a chain that may not shrink is shorter than its index
 */
export async function forgetForeignChain(
  pool: pg.Pool,
  { reached, schema, mayShrink }: { reached: Reachable; schema: string; mayShrink: boolean },
): Promise<string | undefined> {
  const verdict =
    (await otherGenesis(pool, reached)) ??
    (await otherBlock(pool, reached)) ??
    (await otherCheckpoint(pool, reached, schema));
  if (verdict && !verdict.proven && !mayShrink) throw new Error(verdict.reason);
  if (verdict) await forget(pool, reached);
  await noteGenesis(pool, reached);
  return verdict?.reason;
}

async function otherGenesis(pool: pg.Pool, reached: Reachable): Promise<Verdict | undefined> {
  if (!(await exists(pool, "ponder_sync.turnpike_genesis"))) return;
  const query = "select hash from ponder_sync.turnpike_genesis where chain_id = $1";
  const noted = (await pool.query<{ hash: string }>(query, [reached.chain.id])).rows[0]?.hash;
  if (noted && noted !== (await reached.client.getBlock({ blockNumber: 0n })).hash)
    return { reason: `${reached.chain.name} starts with another block than the chain that was indexed`, proven: true };
}

/** The newest block that Ponder has fetched and holds for final. */
async function otherBlock(pool: pg.Pool, reached: Reachable): Promise<Verdict | undefined> {
  if (!(await exists(pool, "ponder_sync.blocks"))) return;
  const query = "select number, hash from ponder_sync.blocks where chain_id = $1 order by number desc limit 1";
  const kept = (await pool.query<{ number: string; hash: string }>(query, [reached.chain.id])).rows[0];
  if (!kept) return;
  if (BigInt(kept.number) > reached.head) return shorter(reached, kept.number);
  if ((await reached.client.getBlock({ blockNumber: BigInt(kept.number) })).hash !== kept.hash)
    return { reason: `block ${kept.number} of ${reached.chain.name} is not the one that was indexed`, proven: true };
}

/** A checkpoint spells 10 digits of block time, 16 of chain id, 16 of block number, and more. */
async function otherCheckpoint(pool: pg.Pool, reached: Reachable, schema: string): Promise<Verdict | undefined> {
  if (!(await exists(pool, `${schema}._ponder_checkpoint`))) return;
  const query = `select substr(finalized_checkpoint, 1, 10)::bigint as time,
                        substr(finalized_checkpoint, 27, 16)::bigint as block
                 from ${schema}._ponder_checkpoint where chain_id = $1`;
  const kept = (await pool.query<{ time: string; block: string }>(query, [reached.chain.id])).rows[0];
  if (!kept) return;
  if (BigInt(kept.block) > reached.head) return shorter(reached, kept.block);
  if ((await reached.client.getBlock({ blockNumber: BigInt(kept.block) })).timestamp !== BigInt(kept.time))
    return { reason: `block ${kept.block} of ${reached.chain.name} has another time than indexed`, proven: true };
}

const shorter = ({ chain, head }: Reachable, block: string): Verdict => ({
  reason: `${chain.name} ends at block ${head}, but was indexed up to block ${block}`,
  proven: false,
});

/** All of `idx_*`: an older index still serves the views, and its rows are as foreign. */
async function forget(pool: pg.Pool, { chain }: Reachable): Promise<void> {
  const indexes = await pool.query<{ nspname: string }>(
    "select nspname from pg_namespace where nspname ~ '^idx_[0-9a-f]{12}$'",
  );
  for (const { nspname } of indexes.rows) await pool.query(`drop schema ${nspname} cascade`);
  // What was fetched of another chain is still good, and can be hours of work.
  const cache = await pool.query<{ table_name: string }>(
    "select table_name from information_schema.columns where table_schema = 'ponder_sync' and column_name = 'chain_id'",
  );
  for (const { table_name } of cache.rows)
    await pool.query(`delete from ponder_sync.${table_name} where chain_id = $1`, [chain.id]);
}

/** Kept inside Ponder's cache: the note must not outlive what it vouches for. */
async function noteGenesis(pool: pg.Pool, reached: Reachable): Promise<void> {
  const { hash } = await reached.client.getBlock({ blockNumber: 0n });
  await pool.query("create schema if not exists ponder_sync");
  await pool.query(
    "create table if not exists ponder_sync.turnpike_genesis (chain_id bigint primary key, hash text not null)",
  );
  await pool.query("insert into ponder_sync.turnpike_genesis values ($1, $2) on conflict do nothing", [
    reached.chain.id,
    hash,
  ]);
}
