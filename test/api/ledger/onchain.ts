import { randomBytes } from "node:crypto";
import type pg from "pg";
import type { Address, Hex } from "viem";

/** What the indexer would show of a receiver's chain, in the database of a test. */
export type OnChain = {
  /** The newest block that is indexed; 900 below it nothing changes any more. */
  reach(block: number): Promise<void>;
  /** USDC arrived; by an authorization, where there is a nonce. */
  arrived(transfer: Arrival): Promise<{ txHash: Hex }>;
  /** The operator has given so much back. */
  refunded(payer: Address, amount: bigint): Promise<void>;
};

export type Arrival = {
  readonly payer: Address;
  readonly amount: bigint;
  readonly block: number;
  readonly nonce?: Hex;
  readonly blockTime?: number;
  readonly txHash?: Hex;
};

const CHAIN_ID = 8453;

export const hash = (): Hex => `0x${randomBytes(32).toString("hex")}`;

const TABLES = `
  create schema onchain;
  create table onchain._ponder_checkpoint (chain_id bigint primary key, latest_checkpoint text, finalized_checkpoint text);
  create table onchain.settlement (
    chain_id int, tx_hash text, log_index int, token text, payer text, nonce text, amount numeric(78),
    block_number numeric(78), block_time numeric(78), primary key (chain_id, tx_hash, log_index));
  create table onchain.balance (
    chain_id int, payer text, deposited numeric(78), refunded numeric(78), count int, last_block numeric(78),
    primary key (chain_id, payer))`;

export async function openOnChain(pool: pg.Pool): Promise<OnChain> {
  await pool.query(TABLES);
  const add = `
    insert into onchain.balance values ($1, $2, $3, $4, $5, 0) on conflict (chain_id, payer) do update set
      deposited = balance.deposited + excluded.deposited, refunded = balance.refunded + excluded.refunded,
      count = balance.count + excluded.count`;
  return {
    reach: async (block) => {
      const checkpoint = `${"0".repeat(10)}${String(CHAIN_ID).padStart(16, "0")}${String(block).padStart(16, "0")}`;
      const text = `insert into onchain._ponder_checkpoint values ($1, $2, $2)
        on conflict (chain_id) do update set latest_checkpoint = $2, finalized_checkpoint = $2`;
      await pool.query(text, [CHAIN_ID, checkpoint]);
    },
    arrived: async ({ payer, amount, block, nonce = null, blockTime = 0, txHash = hash() }) => {
      const values = [CHAIN_ID, txHash, 3, payer.toLowerCase(), nonce, amount.toString(), block, blockTime];
      await pool.query("insert into onchain.settlement values ($1, $2, $3, 'usdc', $4, $5, $6, $7, $8)", values);
      await pool.query(add, [CHAIN_ID, payer.toLowerCase(), amount.toString(), 0, 1]);
      return { txHash };
    },
    refunded: async (payer, amount) =>
      void (await pool.query(add, [CHAIN_ID, payer.toLowerCase(), 0, amount.toString(), 0])),
  };
}
