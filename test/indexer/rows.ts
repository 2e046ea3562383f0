import pg from "pg";
import { paymentGatewayAbi } from "../../contracts/abi.ts";
import type { TestChain } from "./chain.ts";

const pools = new Map<string, pg.Pool>();

/** What the index shows, straight from the views; one connection per database, made anew when it was lost. */
export async function query<Row>(databaseUrl: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const pool = pools.get(databaseUrl) ?? new pg.Pool({ connectionString: databaseUrl, max: 1, allowExitOnIdle: true });
  if (!pools.has(databaseUrl)) pool.on("error", () => {});
  pools.set(databaseUrl, pool);
  return (await pool.query(text, values)).rows;
}

/** Every column of every table as text, in an order of their own; undefined while there are no views. */
export async function indexRows(databaseUrl: string) {
  const rowsOf = (table: string) =>
    query<{ row: string }>(databaseUrl, `select t::text as row from onchain.${table} t order by 1`);
  try {
    return {
      payments: await rowsOf("payment"),
      sessions: await rowsOf("session"),
      settlements: await rowsOf("settlement"),
      balances: await rowsOf("balance"),
    };
  } catch {
    return undefined;
  }
}

/** The block up to which the index of one chain stands, -1 while there is none. */
export async function indexedBlock(databaseUrl: string, chainId: number): Promise<bigint> {
  const text = `select substr(latest_checkpoint, 27, 16)::bigint as block from onchain._ponder_checkpoint
                where chain_id = $1`;
  const rows = await query<{ block: string }>(databaseUrl, text, [chainId]).catch(() => []);
  return BigInt(rows[0]?.block ?? -1);
}

/** Every payment, and how often and with how much each session was paid, by the chain's own logs. */
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
    sessions: summed(
      logs.map(({ args }) => [`${args.sessionId} ${args.merchant} ${args.token}`.toLowerCase(), args.amountGross]),
    ),
  };
}

/** The same, by the index. Both are equal when nothing was lost, doubled or made up. */
export async function paidInIndex(databaseUrl: string) {
  const payments = await query<{ id: string }>(
    databaseUrl,
    "select tx_hash || ':' || log_index as id from onchain.payment",
  );
  const sessions = await query<{ key: string; amount_gross: string; payments: number }>(
    databaseUrl,
    "select concat_ws(' ', session_id, merchant, token) as key, amount_gross, payments from onchain.session",
  );
  return {
    payments: payments.map(({ id }) => id).sort(),
    sessions: Object.fromEntries(
      sessions.map((row) => [row.key, { count: row.payments, amount: BigInt(row.amount_gross) }]),
    ),
  };
}

function summed(payments: readonly (readonly [string, bigint])[]) {
  const sums: Record<string, { count: number; amount: bigint }> = {};
  for (const [key, amount] of payments) {
    const sum = sums[key] ?? { count: 0, amount: 0n };
    sums[key] = { count: sum.count + 1, amount: sum.amount + amount };
  }
  return sums;
}
