import { setTimeout as pause } from "node:timers/promises";
import type pg from "pg";
import type { Reachable } from "./rpc.ts";

/** How long the index may stand still while the chain goes on, and how often that is looked at. */
export type Patience = { stuckAfterMs: number; lookEveryMs: number };

/**
 * Resolves, with the reason, when Ponder has stopped following the chain without ending: after a reorg deeper than
 * what it holds for final it goes on for ever in that state and calls itself ready, and it knows no RPC URL that was
 * down when it started.
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
    if (seen && (seen.block !== block || seen.head <= seen.block)) since = Date.now();
    if (seen) block = seen.block;
    if (Date.now() - since < stuckAfterMs) continue;
    return seen
      ? `block ${block} is the last indexed one, though the chain goes on`
      : "chain or database are out of reach";
  }
}

async function look(schema: string, { chain, client }: Reachable, query: pg.Pool["query"]) {
  const text = `select substr(latest_checkpoint, 27, 16)::bigint as block from ${schema}._ponder_checkpoint
                where chain_id = $1`;
  const { rows } = await query<{ block: string }>(text, [chain.id]);
  if (!rows[0]) return undefined;
  return { block: BigInt(rows[0].block), head: await client.getBlockNumber({ cacheTime: 0 }) };
}
