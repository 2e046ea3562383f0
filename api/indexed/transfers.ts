import type pg from "pg";
import type { Address, Hex } from "viem";

/** A transfer of USDC to the receiver, by whatever way. Hex is lowercase, times are Unix seconds. */
export type Transfer = {
  readonly chainId: number;
  readonly txHash: Hex;
  readonly logIndex: number;
  readonly payer: Address;
  /** Of the authorization that moved the money; null for a plain transfer. */
  readonly nonce: Hex | null;
  /** Atomic units of USDC, 1e-6. */
  readonly amount: bigint;
  readonly blockNumber: bigint;
  readonly blockTime: number;
};

/** Where a reader has come to. */
export type Mark = { readonly block: bigint; readonly logIndex: number };

export type TransfersQuery = {
  readonly chainId: number;
  readonly after: Mark;
  /** Those with so many blocks on top, which no reorg takes back any more. */
  readonly finalBlocks: number;
  /** Mined until then. */
  readonly untilSec: number;
  /** Plain transfers, or those that spent an authorization. */
  readonly isPlain: boolean;
  readonly most: number;
};

const TRANSFERS = `
  select s.tx_hash, s.log_index, s.payer, s.nonce, s.amount, s.block_number, s.block_time
  from onchain.settlement s
  where s.chain_id = $1 and (s.block_number, s.log_index) > ($2::numeric, $3::int)
    and s.block_number <= $4::numeric + (
      select substr(latest_checkpoint, 27, 16)::numeric from onchain._ponder_checkpoint where chain_id = $1)
    and s.block_time <= $5 and (s.nonce is null) = $6
  order by s.block_number, s.log_index limit $7`;

/** In the order of the chain. Empty, too, while there is no index of this chain. @throws when there is no database */
export async function readTransfers(pool: pg.Pool, query: TransfersQuery): Promise<Transfer[]> {
  const { chainId, after, finalBlocks, untilSec, isPlain, most } = query;
  const values = [chainId, after.block.toString(), after.logIndex, -finalBlocks, untilSec, isPlain, most];
  const { rows } = await pool
    .query<Row>({ name: "indexed-transfers", text: TRANSFERS, values })
    .catch(unlessThereIsNone);
  return rows.map((row) => ({
    chainId,
    txHash: row.tx_hash,
    logIndex: row.log_index,
    payer: row.payer,
    nonce: row.nonce,
    amount: BigInt(row.amount),
    blockNumber: BigInt(row.block_number),
    blockTime: Number(row.block_time),
  }));
}

/** Before the first index is ready its tables are not there. */
function unlessThereIsNone(error: { code?: string }): { rows: Row[] } {
  if (error.code === "42P01") return { rows: [] };
  throw error;
}

type Row = {
  tx_hash: Hex;
  log_index: number;
  payer: Address;
  nonce: Hex | null;
  amount: string;
  block_number: string;
  block_time: string;
};
