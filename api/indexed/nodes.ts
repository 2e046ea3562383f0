import { setTimeout as pause } from "node:timers/promises";
import { createPublicClient, http, type PublicClient } from "viem";
import type { Chain } from "../../contracts/chains.ts";

/** The nodes of one chain, asked while the index cannot be trusted. Undefined stands for "no RPC URL could tell". */
export type Nodes = {
  /** The highest block that any RPC URL knows, at most a second old. */
  head(): Promise<bigint | undefined>;
  blockTimeSec(block: bigint): Promise<number | undefined>;
  /** What `look` finds, from the first node that can tell. Undefined also when that is too far. */
  read<T>(range: Range, look: Look<T>): Promise<Reading<T> | undefined>;
  /** What one node after the other is asked for, from the first that has it, whatever its head is. */
  fetch<T>(ask: (client: PublicClient) => Promise<T | undefined>): Promise<T | undefined>;
};

/** Blocks from `since` on, up to the node's head; a node whose head is below `notBelow` is not asked. */
export type Range = { since: bigint; notBelow: bigint };

/** Searches a node for logs, span by span. */
export type Look<T> = (client: PublicClient, spans: readonly Span[]) => Promise<T>;

/** As many blocks as a node tells of in one call, the last included. */
export type Span = { fromBlock: bigint; toBlock: bigint };

export type Reading<T> = { head: bigint; headSec: number; found: T };

export type NodesDeps = {
  chain: Chain;
  rpcUrls: readonly string[];
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

type Answer = { client: PublicClient; head: bigint };

export function openNodes(deps: NodesDeps): Nodes {
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
    read: async ({ since, notBelow }, look) => {
      const highest = (await answers())[0]?.head ?? 0n;
      return first(async ({ client }) => {
        // This node's own head, and now: a node asked for blocks that it does not have answers as if they were empty.
        const head = await client.getBlockNumber({ cacheTime: 0 });
        if (head < notBelow || head < highest) throw new Error("this node is behind what is known already");
        if (head - since >= MOST_BLOCKS) throw new Error(`${head - since} blocks are too many to read`);
        const [headSec, found] = await Promise.all([timeOf(client, head), look(client, spansOf(since, head))]);
        return { head, headSec, found };
      });
    },
    fetch: async (ask) => {
      for (const vouched of clients) {
        const found = await vouched()
          .then(ask)
          .catch(() => undefined);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

/** A node of the URL that is asked only after it has told the right chain id, once. */
function vouchedFor(url: string, { chain, log }: NodesDeps): () => Promise<PublicClient> {
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

function spansOf(since: bigint, head: bigint): Span[] {
  const spans: Span[] = [];
  for (let fromBlock = since; fromBlock <= head; fromBlock += RANGE)
    spans.push({ fromBlock, toBlock: fromBlock + RANGE - 1n < head ? fromBlock + RANGE - 1n : head });
  return spans;
}

/** Unix seconds. */
export async function timeOf(client: PublicClient, blockNumber: bigint): Promise<number> {
  return Number((await client.getBlock({ blockNumber })).timestamp);
}
