import pg from "pg";
import { chainById } from "../contracts/chains.ts";
import { rpc } from "./rpc.ts";

/**
 * A database that was given to us may hold the index of the real chain with the same id, which the indexer would drop
 * for the local chain's sake.
 *
 * @throws Error when it does
 */
export async function refuseForeignIndex(databaseUrl: string, local: { chainId: number; rpcUrl: string }) {
  const { hash } = await rpc<{ hash: string }>(local.rpcUrl, "eth_getBlockByNumber", ["0x0", false]);
  const indexed = await indexedGenesis(databaseUrl, local.chainId);
  const rpcVariable = chainById(local.chainId)?.rpcVariable;
  if (indexed && indexed !== hash)
    throw new Error(
      `The database of DATABASE_URL holds the index of another chain ${local.chainId} than the local one. Set ${rpcVariable} to go on with that chain, or give the local one a database of its own.`,
    );
}

async function indexedGenesis(databaseUrl: string, chainId: number): Promise<string | undefined> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const { rows } = await client.query("select to_regclass('ponder_sync.turnpike_genesis') is not null as there");
    if (!rows[0].there) return undefined;
    const kept = await client.query<{ hash: string }>(
      "select hash from ponder_sync.turnpike_genesis where chain_id = $1",
      [chainId],
    );
    return kept.rows[0]?.hash;
  } finally {
    await client.end();
  }
}
