import pg from "pg";
import { type GetContractEventsReturnType, hexToBigInt } from "viem";
import { paymentGatewayAbi } from "../contracts/abi.ts";
import type { TestChain } from "../test/indexer/chain.ts";

/** viem refuses answers over 10 MiB. */
const RANGE = 40n;

const TABLES = `
  create schema onchain;
  create table onchain.payment (
    chain_id int, tx_hash text, log_index int, session_id text, payer text, merchant text, token text,
    amount_gross numeric(78), fee numeric(78), amount_net numeric(78), block_number numeric(78), block_time numeric(78),
    primary key (chain_id, tx_hash, log_index));
  create table onchain.session (
    chain_id int, session_id text, merchant text, token text, amount_gross numeric(78), payments int,
    first_block numeric(78), last_block numeric(78), primary key (chain_id, session_id, merchant, token))`;

const INSERT_PAYMENTS = `
  insert into onchain.payment
  select 43114, * from unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[],
    $7::numeric[], $8::numeric[], $9::numeric[], $10::numeric[], $11::numeric[])`;

const UPSERT_SESSIONS = `
  insert into onchain.session
  select 43114, id, merchant, token, sum(amount), count(*), min(block), max(block)
  from unnest($1::text[], $2::text[], $3::text[], $4::numeric[], $5::numeric[]) as p (id, merchant, token, amount, block)
  group by id, merchant, token
  on conflict (chain_id, session_id, merchant, token) do update
  set amount_gross = session.amount_gross + excluded.amount_gross, payments = session.payments + excluded.payments,
      last_block = excluded.last_block`;

type Paid = GetContractEventsReturnType<typeof paymentGatewayAbi, "Paid", true>[number];

/** What one would write without an indexer: ranges of logs into two tables, each range one transaction. */
export async function syncByLoop({ client, gateway }: TestChain, databaseUrl: string): Promise<() => Promise<void>> {
  const database = new pg.Client(databaseUrl);
  await database.connect();
  await database.query(TABLES);
  const head = await client.getBlockNumber();
  for (let from = BigInt(gateway.startBlock); from <= head; from += RANGE) {
    const logs = await client.getContractEvents({
      abi: paymentGatewayAbi,
      address: gateway.address,
      eventName: "Paid",
      fromBlock: from,
      toBlock: from + RANGE - 1n < head ? from + RANGE - 1n : head,
      strict: true,
    });
    await store(database, logs);
  }
  await database.end();
  return async () => {};
}

async function store(database: pg.Client, logs: readonly Paid[]): Promise<void> {
  const column = <T>(of: (log: Paid) => T) => logs.map(of);
  const ids = column(({ args }) => args.sessionId);
  const merchants = column(({ args }) => args.merchant.toLowerCase());
  const tokens = column(({ args }) => args.token.toLowerCase());
  const amounts = column(({ args }) => args.amountGross);
  const blocks = column(({ blockNumber }) => blockNumber);
  await database.query("begin");
  await database.query(INSERT_PAYMENTS, [
    column(({ transactionHash }) => transactionHash),
    column(({ logIndex }) => logIndex),
    ids,
    column(({ args }) => args.payer.toLowerCase()),
    merchants,
    tokens,
    amounts,
    column(({ args }) => args.fee),
    column(({ args }) => args.amountNet),
    blocks,
    column(timeOf),
  ]);
  await database.query(UPSERT_SESSIONS, [ids, merchants, tokens, amounts, blocks]);
  await database.query("commit");
}

/** Nodes tell it; viem passes it on as it came, and does not name it in its types. */
function timeOf(log: Paid): bigint {
  const { blockTimestamp } = log as Paid & { blockTimestamp?: bigint | `0x${string}` };
  if (blockTimestamp === undefined) throw new Error("this node tells no block time in its logs");
  return typeof blockTimestamp === "bigint" ? blockTimestamp : hexToBigInt(blockTimestamp);
}
