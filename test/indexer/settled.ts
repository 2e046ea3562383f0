import { type Log, parseEventLogs } from "viem";
import { expect } from "vitest";
import { settlementReceiverAbi, usdcAbi } from "../../contracts/abi.ts";
import { type TestBase, USDC } from "./base.ts";
import { query } from "./rows.ts";
import { caughtUp } from "./run.ts";

type OnBase = Pick<TestBase, "client" | "receiver">;

/** Fails unless the index holds exactly what the chain's own receipts tell of the receiver. Returns how many settlements. */
export async function expectSettled(databaseUrl: string, onBase: OnBase): Promise<number> {
  await caughtUp(databaseUrl, onBase);
  const expected = await settledOnChain(onBase);
  await expect.poll(() => settledInIndex(databaseUrl), { timeout: 60_000, interval: 100 }).toEqual(expected);
  return expected.settlements.length;
}

type Settlement = { place: string; payer: string; nonce: string | null; amount: bigint };
type Balance = { deposited: bigint; refunded: bigint; count: number };

/** Read receipt by receipt: another way than the indexer's. */
async function settledOnChain({ client, receiver }: OnBase) {
  const mined = await receipts(client);
  const settlements = mined.flatMap(({ logs }) => settlementsIn(logs, receiver.address));
  const balances: Record<string, Balance> = {};
  const change = (payer: string, by: Balance) => {
    const old = balances[payer] ?? { deposited: 0n, refunded: 0n, count: 0 };
    balances[payer] = {
      deposited: old.deposited + by.deposited,
      refunded: old.refunded + by.refunded,
      count: old.count + by.count,
    };
  };
  for (const { payer, amount } of settlements) change(payer, { deposited: amount, refunded: 0n, count: 1 });
  for (const { logs } of mined)
    for (const { args } of parseEventLogs({ abi: settlementReceiverAbi, eventName: "Refunded", logs }))
      change(args.payer.toLowerCase(), { deposited: 0n, refunded: args.amount, count: 0 });
  return { settlements, balances };
}

function settlementsIn(all: Log<bigint, number, false>[], receiver: string): Settlement[] {
  const logs = parseEventLogs({ abi: usdcAbi, logs: all }).filter(({ address }) => same(address, USDC.address));
  return logs.flatMap((log, i) => {
    if (log.eventName !== "Transfer" || !same(log.args.to, receiver)) return [];
    const before = logs[i - 1];
    const isAuthorized = before?.eventName === "AuthorizationUsed" && before.logIndex === log.logIndex - 1;
    return {
      place: `${log.blockNumber} ${log.transactionHash} ${log.logIndex}`,
      payer: log.args.from.toLowerCase(),
      nonce: isAuthorized ? before.args.nonce : null,
      amount: log.args.value,
    };
  });
}

async function receipts(client: TestBase["client"]) {
  const head = await client.getBlockNumber();
  const numbers = Array.from({ length: Number(head) + 1 }, (_, i) => BigInt(i));
  const blocks = await Promise.all(numbers.map((blockNumber) => client.getBlock({ blockNumber })));
  const hashes = blocks.flatMap(({ transactions }) => transactions);
  return Promise.all(hashes.map((hash) => client.getTransactionReceipt({ hash })));
}

async function settledInIndex(databaseUrl: string) {
  const settlements = await query<{ place: string; payer: string; nonce: string | null; amount: string }>(
    databaseUrl,
    `select concat_ws(' ', block_number, tx_hash, log_index) as place, payer, nonce, amount
     from onchain.settlement where chain_id = 8453 order by block_number, log_index`,
  );
  const balances = await query<{ payer: string; deposited: string; refunded: string; count: number }>(
    databaseUrl,
    "select payer, deposited, refunded, count from onchain.balance where chain_id = 8453",
  );
  return {
    settlements: settlements.map((row) => ({ ...row, amount: BigInt(row.amount) })),
    balances: Object.fromEntries(
      balances.map(({ payer, ...row }) => [
        payer,
        { ...row, deposited: BigInt(row.deposited), refunded: BigInt(row.refunded) },
      ]),
    ),
  };
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
