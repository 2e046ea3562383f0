import pg from "pg";
import { rpc } from "./rpc.ts";

/**
 * A database that was given to us may hold the index of the real chain with the same id, which the indexer would drop
 * for the local chain's sake.
 *
 * @throws Error when it does
 */
export async function refuseForeignIndex(databaseUrl: string, localRpcUrl: string): Promise<void> {
  const { hash } = await rpc<{ hash: string }>(localRpcUrl, "eth_getBlockByNumber", ["0x0", false]);
  const indexed = await indexedGenesis(databaseUrl);
  if (indexed && indexed !== hash)
    throw new Error(
      "The database of DATABASE_URL holds the index of another chain 43114 than the local one. Set AVALANCHE_RPC_URL to go on with that chain, or give the local one a database of its own.",
    );
}

async function indexedGenesis(databaseUrl: string): Promise<string | undefined> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const { rows } = await client.query("select to_regclass('ponder_sync.turnpike_genesis') is not null as there");
    if (!rows[0].there) return undefined;
    const kept = await client.query<{ hash: string }>(
      "select hash from ponder_sync.turnpike_genesis where chain_id = 43114",
    );
    return kept.rows[0]?.hash;
  } finally {
    await client.end();
  }
}
