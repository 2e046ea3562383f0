import { createPublicClient, http, type PublicClient } from "viem";
import { type Chain, chainById } from "../../contracts/chains.ts";

/** A chain to index and where it can be asked. */
export type Reachable = {
  chain: Chain;
  /** URLs that answered with the right chain id, the one that has seen most blocks first; for Ponder. */
  urls: readonly string[];
  client: PublicClient;
  head: bigint;
};

/** The RPC of a chain is not what the indexer may be started on; trying again does not help. */
export class WrongRpc extends Error {}

const TIMEOUT_MS = 5_000;

/**
 * Asks every URL of a chain for its chain id, because Ponder asks one and only warns. URLs that do not answer are left
 * out and told to `onLog`.
 *
 * @throws WrongRpc when a URL is empty or malformed, or serves another chain
 * @throws Error when none answers
 */
export async function reachable(
  chainId: number,
  given: readonly string[],
  onLog: (line: string) => void,
): Promise<Reachable> {
  const chain = chainById(chainId);
  if (!chain) throw new WrongRpc(`chain ${chainId} is unknown`);
  if (given.length === 0) throw new WrongRpc(`${chain.rpcVariable} is empty: ${chain.name} needs an RPC URL`);
  for (const url of given) refuseMalformed(chain, url);

  const asked = await Promise.all(given.map((url) => ask(chain, url, onLog)));
  const answers = asked.filter((answer) => answer !== undefined).sort((a, b) => Number(b.head - a.head));
  const best = answers[0];
  if (!best) throw new Error(`no RPC URL of ${chain.name} answers`);
  return { chain, urls: answers.flatMap(({ url }) => asOftenAsItBears(url)), client: best.client, head: best.head };
}

/**
 * Ponder begins with 20 requests per second and listed URL, and after each start the last 30 blocks take seconds. A node
 * on our own machine needs no sparing: listed four times, those blocks take a tenth of that.
 */
function asOftenAsItBears(url: string): string[] {
  return /^(127\.0\.0\.1|localhost|\[::1\])$/.test(new URL(url).hostname) ? [url, url, url, url] : [url];
}

function refuseMalformed({ rpcVariable }: Chain, url: string): void {
  if (url.trim() === "") throw new WrongRpc(`${rpcVariable} holds an empty URL`);
  if (!URL.canParse(url)) throw new WrongRpc(`${rpcVariable} holds something that is not a URL`);
}

async function ask(chain: Chain, url: string, onLog: (line: string) => void) {
  const client = createPublicClient({ transport: http(url, { timeout: TIMEOUT_MS, retryCount: 0 }) });
  // Only the host is told: keys of RPC services stand in the path.
  const where = `${new URL(url).host} (${chain.rpcVariable})`;
  try {
    const [id, head] = await Promise.all([client.getChainId(), client.getBlockNumber({ cacheTime: 0 })]);
    if (id !== chain.id) throw new WrongRpc(`${where} serves chain ${id}, but ${chain.name} is chain ${chain.id}`);
    return { url, client, head };
  } catch (error) {
    if (error instanceof WrongRpc) throw error;
    onLog(`${where} does not answer and is left out until the indexer starts again`);
    return undefined;
  }
}
