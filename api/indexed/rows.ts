import type pg from "pg";
import type { Address, Hex } from "viem";
import type { IndexedPayment, IndexedSettlement, PaymentQuery, SettlementQuery } from "../indexed.ts";

/** How far the index of one chain has come. */
export type Checkpoint = {
  block: bigint;
  timeSec: number;
  /** Up to here no reorg can change the index any more. */
  finalBlock: bigint;
};

/** Most payments of one id that are looked at; the largest, so that dust cannot push out a real one. */
export const MOST_PAYMENTS = 1_000;

// Ponder spells a checkpoint as 10 digits of block time, 16 of chain id, 16 of block number, and more.
const CHECKPOINT = `
  substr(c.latest_checkpoint, 1, 10) as time, substr(c.latest_checkpoint, 27, 16) as block,
  substr(c.finalized_checkpoint, 27, 16) as final_block`;

// One statement, so that rows and checkpoint are of the same moment.
const PAYMENTS = `
  select ${CHECKPOINT}, p.tx_hash, p.log_index, p.payer, p.amount_gross, p.block_number, p.block_time
  from onchain._ponder_checkpoint c
  left join onchain.payment p on p.chain_id = $1 and p.session_id = $2 and p.merchant = $3 and p.token = $4
  where c.chain_id = $1
  order by p.amount_gross desc
  limit ${MOST_PAYMENTS}`;

const SETTLEMENT = `
  select ${CHECKPOINT}, s.tx_hash, s.log_index, s.payer, s.nonce, s.amount, s.block_number, s.block_time
  from onchain._ponder_checkpoint c
  left join onchain.settlement s on s.chain_id = $1 and s.payer = $2 and s.nonce = $3
  where c.chain_id = $1
  limit 1`;

const CHECKPOINTS = `select c.chain_id, ${CHECKPOINT} from onchain._ponder_checkpoint c`;

type CheckpointRow = { time: string; block: string; final_block: string };
type PaymentRow = CheckpointRow & {
  tx_hash: Hex | null;
  log_index: number;
  payer: Address;
  amount_gross: string;
  block_number: string;
  block_time: string;
};

type SettlementRow = CheckpointRow & {
  tx_hash: Hex | null;
  log_index: number;
  payer: Address;
  nonce: Hex;
  amount: string;
  block_number: string;
  block_time: string;
};

/** Undefined when this chain was never indexed. @throws when there is no index or no database */
export async function readPayments(
  pool: pg.Pool,
  chainId: number,
  { onChainId, merchant, token }: PaymentQuery,
): Promise<{ checkpoint: Checkpoint; payments: IndexedPayment[] } | undefined> {
  const values = [chainId, onChainId.toLowerCase(), merchant.toLowerCase(), token.toLowerCase()];
  const { rows } = await pool.query<PaymentRow>({ name: "indexed-payments", text: PAYMENTS, values });
  const first = rows[0];
  if (!first) return undefined;
  const payments = rows.flatMap(({ tx_hash: txHash, ...row }) =>
    txHash === null
      ? []
      : {
          txHash,
          logIndex: row.log_index,
          payer: row.payer,
          merchant: merchant.toLowerCase() as Address,
          token: token.toLowerCase() as Address,
          amountGross: BigInt(row.amount_gross),
          blockNumber: BigInt(row.block_number),
          blockTime: Number(row.block_time),
        },
  );
  return { checkpoint: checkpointOf(first), payments: payments.sort(byPlace) };
}

/** Undefined when this chain was never indexed. @throws when there is no index or no database */
export async function readSettlement(
  pool: pg.Pool,
  chainId: number,
  { payer, nonce }: SettlementQuery,
): Promise<{ checkpoint: Checkpoint; settlement: IndexedSettlement | undefined } | undefined> {
  const values = [chainId, payer.toLowerCase(), nonce.toLowerCase()];
  const { rows } = await pool.query<SettlementRow>({ name: "indexed-settlement", text: SETTLEMENT, values });
  const row = rows[0];
  return row && { checkpoint: checkpointOf(row), settlement: settlementOf(chainId, row) };
}

function settlementOf(chainId: number, { tx_hash: txHash, ...row }: SettlementRow): IndexedSettlement | undefined {
  if (txHash === null) return undefined;
  return {
    chainId,
    txHash,
    logIndex: row.log_index,
    payer: row.payer,
    nonce: row.nonce,
    amount: BigInt(row.amount),
    blockNumber: BigInt(row.block_number),
    blockTime: Number(row.block_time),
  };
}

/** Per chain id. @throws when there is no index or no database */
export async function readCheckpoints(pool: pg.Pool): Promise<Map<number, Checkpoint>> {
  const { rows } = await pool.query<CheckpointRow & { chain_id: string }>({
    name: "indexed-checkpoints",
    text: CHECKPOINTS,
  });
  return new Map(rows.map((row) => [Number(row.chain_id), checkpointOf(row)]));
}

/** The order of the chain. */
export function byPlace(a: IndexedPayment, b: IndexedPayment): number {
  return Number(a.blockNumber - b.blockNumber) || a.logIndex - b.logIndex;
}

const checkpointOf = (row: CheckpointRow): Checkpoint => ({
  block: BigInt(row.block),
  timeSec: Number(row.time),
  finalBlock: BigInt(row.final_block),
});
