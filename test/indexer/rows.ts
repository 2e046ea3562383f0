import pg from "pg";
import type { Hex } from "viem";
import { paymentGatewayAbi } from "../../contracts/abi.ts";
import type { TestChain } from "./chain.ts";

/** What the index shows, straight from the views. */
export async function query<Row>(databaseUrl: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** Every column of both tables as text, in an order of their own; undefined while there are no views. */
export async function indexRows(databaseUrl: string) {
  try {
    return {
      payments: await query<{ row: string }>(databaseUrl, "select p::text as row from onchain.payment p order by 1"),
      sessions: await query<{ row: string }>(databaseUrl, "select s::text as row from onchain.session s order by 1"),
    };
  } catch {
    return undefined;
  }
}

/** The block up to which the index stands, -1 while there is none. */
export async function indexedBlock(databaseUrl: string): Promise<bigint> {
  const text = "select substr(latest_checkpoint, 27, 16)::bigint as block from onchain._ponder_checkpoint";
  const rows = await query<{ block: string }>(databaseUrl, text).catch(() => []);
  return BigInt(rows[0]?.block ?? -1);
}

/** How often each on-chain id was paid and with how much, by the chain's own logs. */
export async function paidOnChain({ client, gateway }: Pick<TestChain, "client" | "gateway">) {
  const logs = await client.getContractEvents({
    abi: paymentGatewayAbi,
    address: gateway.address,
    eventName: "Paid",
    fromBlock: 0n,
    strict: true,
  });
  return {
    payments: logs.map((log) => `${log.transactionHash}:${log.logIndex}`).sort(),
    sessions: summed(logs.map(({ args }) => [args.sessionId, args.amountGross])),
  };
}

/** The same, by the index. Both are equal when nothing was lost, doubled or made up. */
export async function paidInIndex(databaseUrl: string) {
  const payments = await query<{ id: string }>(
    databaseUrl,
    "select tx_hash || ':' || log_index as id from onchain.payment",
  );
  const sessions = await query<{ session_id: Hex; amount_gross: string; payments: number }>(
    databaseUrl,
    "select session_id, amount_gross, payments from onchain.session",
  );
  return {
    payments: payments.map(({ id }) => id).sort(),
    sessions: Object.fromEntries(
      sessions.map((row) => [row.session_id, { count: row.payments, amount: BigInt(row.amount_gross) }]),
    ),
  };
}

function summed(payments: readonly (readonly [Hex, bigint])[]) {
  const sums: Record<Hex, { count: number; amount: bigint }> = {};
  for (const [id, amount] of payments) {
    const sum = sums[id] ?? { count: 0, amount: 0n };
    sums[id] = { count: sum.count + 1, amount: sum.amount + amount };
  }
  return sums;
}
