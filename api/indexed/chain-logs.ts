import { setTimeout as pause } from "node:timers/promises";
import { type Address, createPublicClient, getAbiItem, http, type PublicClient } from "viem";
import { paymentGatewayAbi } from "../../contracts/abi.ts";
import type { Chain } from "../../contracts/chains.ts";
import type { IndexedPayment, PaymentQuery } from "../indexed.ts";
import { byPlace, MOST_PAYMENTS } from "./rows.ts";

/** The chain itself, read while the index cannot be trusted. Undefined stands for "no RPC URL could tell". */
export type ChainLogs = {
  /** The highest block that any RPC URL knows, at most a second old. */
  head(): Promise<bigint | undefined>;
  blockTimeSec(block: bigint): Promise<number | undefined>;
  /** From the first node that can tell. Undefined also when that is too far. */
  payments(query: PaymentQuery, range?: Range): Promise<Reading | undefined>;
};

/** Payments from block `since` (the gateway's first by default) on; a node whose head is below `notBelow` is not asked. */
export type Range = { since: bigint; notBelow: bigint };

export type Reading = { head: bigint; headSec: number; payments: IndexedPayment[] };

export type ChainLogsDeps = {
  chain: Chain;
  rpcUrls: readonly string[];
  gateway: { address: Address; startBlock: bigint };
  log: { warn(fields: object, message: string): void };
};

/** A node gets this long: a caller waits for it, and behind it the next URL. */
const TIMEOUT_MS = 2_000;
/** How much longer the slower nodes get once one has told its head. */
const SETTLE_MS = 300;
const HEAD_MS = 1_000;
/** Public nodes refuse more blocks per call. */
const RANGE = 2_000n;
/** About half a day of blocks; an index further behind is not made up for call by call. */
const MOST_BLOCKS = 20_000n;

const paid = getAbiItem({ abi: paymentGatewayAbi, name: "Paid" });

type Answer = { client: PublicClient; head: bigint };

export function openChainLogs(deps: ChainLogsDeps): ChainLogs {
  const clients = deps.rpcUrls.map((url) => vouchedFor(url, deps));
  let heads: Promise<Answer[]> | undefined;
  const answers = () => {
    if (!heads) {
      heads = askAll(clients);
      setTimeout(() => {
        heads = undefined;
      }, HEAD_MS).unref();
    }
    return heads;
  };
  const first = async <T>(ask: (answer: Answer) => Promise<T>): Promise<T | undefined> => {
    for (const answer of await answers()) {
      try {
        return await ask(answer);
      } catch {
        // The next URL may know.
      }
    }
    return undefined;
  };
  return {
    head: async () => (await answers())[0]?.head,
    blockTimeSec: (block) => first(({ client }) => timeOf(client, block)),
    payments: async (query, { since, notBelow } = { since: deps.gateway.startBlock, notBelow: 0n }) => {
      const highest = (await answers())[0]?.head ?? 0n;
      return first(async ({ client }) => {
        // This node's own head, and now: a node asked for blocks that it does not have answers as if they were empty.
        const head = await client.getBlockNumber({ cacheTime: 0 });
        if (head < notBelow || head < highest) throw new Error("this node is behind what is known already");
        if (head - since >= MOST_BLOCKS) throw new Error(`${head - since} blocks are too many to read`);
        const [headSec, payments] = await Promise.all([
          timeOf(client, head),
          readLogs({ client, address: deps.gateway.address }, query, [since, head]),
        ]);
        return { head, headSec, payments };
      });
    },
  };
}

/** A node of the URL that is asked only after it has told the right chain id, once. */
function vouchedFor(url: string, { chain, log }: ChainLogsDeps): () => Promise<PublicClient> {
  const client = createPublicClient({ transport: http(url, { timeout: TIMEOUT_MS, retryCount: 0 }) });
  let vouched = false;
  return async () => {
    if (vouched) return client;
    const id = await client.getChainId();
    // Only the host is told: keys of RPC services stand in the path.
    if (id !== chain.id) log.warn({ host: new URL(url).host, id, expected: chain.id }, "RPC URL serves another chain");
    if (id !== chain.id) throw new Error(`chain ${id} instead of ${chain.id}`);
    vouched = true;
    return client;
  };
}

/** All at once, and the highest head first: a node that has fallen behind must not make the index look complete. */
async function askAll(clients: readonly (() => Promise<PublicClient>)[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  const asked = clients.map(async (vouched) => {
    const client = await vouched();
    answers.push({ client, head: await client.getBlockNumber({ cacheTime: 0 }) });
  });
  const all = Promise.allSettled(asked);
  await Promise.any(asked).catch(() => {});
  await Promise.race([all, pause(SETTLE_MS, undefined, { ref: false })]);
  return answers.toSorted((a, b) => Number(b.head - a.head));
}

type Source = { client: PublicClient; address: Address };

async function readLogs(source: Source, query: PaymentQuery, [from, to]: readonly [bigint, bigint]) {
  const starts: bigint[] = [];
  for (let start = from; start <= to; start += RANGE) starts.push(start);
  const ranges = starts.map((start) => [start, start + RANGE - 1n < to ? start + RANGE - 1n : to] as const);
  const logs = (await Promise.all(ranges.map((range) => rangeOf(source, query, range)))).flat();
  const largest = logs.sort((a, b) => descending(a.args.amountGross, b.args.amountGross)).slice(0, MOST_PAYMENTS);
  const times = await timesOf(source.client, new Set(largest.map(({ blockNumber }) => blockNumber)));
  return largest
    .map(
      ({ args, transactionHash, logIndex, blockNumber }): IndexedPayment => ({
        txHash: transactionHash,
        logIndex,
        payer: lower(args.payer),
        merchant: lower(args.merchant),
        token: lower(args.token),
        amountGross: args.amountGross,
        blockNumber,
        blockTime: times.get(blockNumber) as number,
      }),
    )
    .sort(byPlace);
}

async function rangeOf(
  { client, address }: Source,
  query: PaymentQuery,
  [fromBlock, toBlock]: readonly [bigint, bigint],
) {
  const args = { sessionId: query.onChainId, merchant: query.merchant };
  const logs = await client.getLogs({ address, event: paid, args, fromBlock, toBlock, strict: true });
  return logs.filter((log) => lower(log.args.token) === lower(query.token));
}

async function timesOf(client: PublicClient, blocks: ReadonlySet<bigint>): Promise<Map<bigint, number>> {
  return new Map(await Promise.all([...blocks].map(async (block) => [block, await timeOf(client, block)] as const)));
}

async function timeOf(client: PublicClient, blockNumber: bigint): Promise<number> {
  return Number((await client.getBlock({ blockNumber })).timestamp);
}

/** Amounts can be larger than any Number. */
const descending = (a: bigint, b: bigint): number => (a === b ? 0 : a < b ? 1 : -1);

const lower = (address: Address) => address.toLowerCase() as Address;
