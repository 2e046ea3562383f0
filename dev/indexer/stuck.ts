import { setTimeout as pause } from "node:timers/promises";
import type pg from "pg";
import type { Reachable } from "./rpc.ts";

/** How long the index may stand still while the chain goes on, and how often that is looked at. */
export type Patience = { stuckAfterMs: number; lookEveryMs: number };

/**
 * Resolves, with the reason, when Ponder has stopped following the chain without ending: after a reorg deeper than
 * what it holds for final it goes on for ever in that state, and calls itself ready.
 */
export async function stuck(
  { schema, reached, query }: { schema: string; reached: Reachable; query: pg.Pool["query"] },
  { stuckAfterMs, lookEveryMs }: Patience,
  signal: AbortSignal,
): Promise<string> {
  let block = -1n;
  let since = Date.now();
  for (;;) {
    await pause(lookEveryMs, undefined, { signal });
    const seen = await look(schema, reached, query).catch(() => undefined);
    // A database or an RPC that does not answer is its own trouble, which Ponder survives.
    if (!seen || seen.block !== block || seen.head <= seen.block) since = Date.now();
    if (seen) block = seen.block;
    if (Date.now() - since >= stuckAfterMs) return `block ${block} is the last indexed one, though the chain goes on`;
  }
}

async function look(schema: string, { chain, client }: Reachable, query: pg.Pool["query"]) {
  const text = `select substr(latest_checkpoint, 27, 16)::bigint as block from ${schema}._ponder_checkpoint
                where chain_id = $1`;
  const { rows } = await query<{ block: string }>(text, [chain.id]);
  if (!rows[0]) return undefined;
  return { block: BigInt(rows[0].block), head: await client.getBlockNumber({ cacheTime: 0 }) };
}
