import { type Clock, within } from "../clock.ts";
import type { Deps } from "../deps.ts";
import type { ChainReader } from "../providers/chain.ts";
import { shared } from "./shared.ts";

export type HealthDeps = Pick<
  Deps,
  "db" | "indexed" | "chain" | "receiver" | "facilitator" | "fees" | "clock" | "stopping"
>;

export type Readiness = { ready: boolean; checks: Record<string, unknown> };

/** A node's chain id hardly changes, and a facilitator seldom goes; a probe every second should not cost a request each. */
const OUTSIDE_KEPT_MS = 10_000;

/** What hangs is as good as away, and whoever probes wants to know before giving up. */
const ANSWER_MS = 2_000;

/** Anyone may probe, as often as he likes. */
const KEPT_MS = 500;

/**
 * Tells whether this process can do its work: database, an index that follows the chains, the right chains, a known
 * fee. Whether payments per call can be settled is told with it.
 */
export function createReadiness(deps: HealthDeps): () => Promise<Readiness> {
  const { clock, facilitator, receiver } = deps;
  const chainCheck = chainChecker(clock, deps.chain);
  const receiverCheck = receiver && chainChecker(clock, receiver.reader);
  const canSettle = facilitator && remembered(clock, async () => (await facilitator.health()) || undefined);
  const look = shared({ clock, keptMs: KEPT_MS }, () =>
    Promise.all([
      within(ANSWER_MS, deps.db.pool.query("select 1")).then(
        () => true,
        () => false,
      ),
      within(ANSWER_MS, deps.indexed.freshness()).catch(() => []),
      chainCheck(),
      receiverCheck?.(),
      canSettle?.(),
    ]),
  );
  return async () => {
    const [database, index, chain, receiverChain, settles] = await look();
    const isIndexed = index.length > 0 && index.every(({ fresh }) => fresh);
    const fee = deps.fees.known().length > 0;
    const stopping = deps.stopping.aborted;
    const perCall = {
      ...(receiverChain && { receiver_chain: receiverChain }),
      ...(facilitator && { facilitator: settles === true }),
    };
    // Who settles is told and does not decide: while he is away everything goes on but new payments per call.
    return {
      ready: database && isIndexed && isRight(chain) && isRight(receiverChain) && fee && !stopping,
      checks: { database, index: index.map(told), chain, ...perCall, fee, stopping },
    };
  };
}

type ChainCheck = { expected: number; actual: number | null };

/** A node that is away is no reason to stop: the index has its own. A node of another chain is. */
const isRight = (check: ChainCheck | undefined): boolean =>
  !check || check.actual === null || check.actual === check.expected;

function chainChecker(clock: Clock, reader: ChainReader): () => Promise<ChainCheck> {
  const chainId = remembered(clock, () => reader.chainId());
  return async () => ({ expected: reader.chain.id, actual: (await chainId()) ?? null });
}

/** An answer is good for a while; none at all is asked for again by the next one who wants to know. */
function remembered<T>(clock: Clock, ask: () => Promise<T | undefined>): () => Promise<T | undefined> {
  let last: { atMs: number; answer: T } | undefined;
  return async () => {
    const nowMs = clock.nowMs();
    if (last && nowMs - last.atMs < OUTSIDE_KEPT_MS) return last.answer;
    const answer = await within(ANSWER_MS, ask()).catch(() => undefined);
    last = answer === undefined ? undefined : { atMs: nowMs, answer };
    return answer;
  };
}

const told = (lag: Awaited<ReturnType<Deps["indexed"]["freshness"]>>[number]) => ({
  chain_id: lag.chainId,
  lag_sec: lag.lagSec,
  checkpoint_block: lag.checkpointBlock?.toString() ?? null,
  fresh: lag.fresh,
});
