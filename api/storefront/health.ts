import { within } from "../clock.ts";
import type { Deps } from "../deps.ts";
import { shared } from "./shared.ts";

export type HealthDeps = Pick<Deps, "db" | "indexed" | "chain" | "fees" | "clock" | "stopping">;

export type Readiness = { ready: boolean; checks: Record<string, unknown> };

/** The node's chain id hardly changes; a probe every second should not cost it a request each. */
const CHAIN_CHECK_MS = 10_000;

/** What hangs is as good as away, and whoever probes wants to know before giving up. */
const ANSWER_MS = 2_000;

/** Anyone may probe, as often as he likes. */
const KEPT_MS = 500;

type ChainCheck = { expected: number; actual: number | null };

/** Tells whether this process can do its work: database, an index that follows the chain, the right chain, a known fee. */
export function createReadiness(deps: HealthDeps): () => Promise<Readiness> {
  let last: { atMs: number; check: ChainCheck } | undefined;
  const chainCheck = async (): Promise<ChainCheck> => {
    const nowMs = deps.clock.nowMs();
    if (last && nowMs - last.atMs < CHAIN_CHECK_MS && last.check.actual !== null) return last.check;
    const actual = await within(ANSWER_MS, deps.chain.chainId()).catch(() => null);
    last = { atMs: nowMs, check: { expected: deps.chain.chain.id, actual } };
    return last.check;
  };
  const look = shared({ clock: deps.clock, keptMs: KEPT_MS }, () =>
    Promise.all([
      within(ANSWER_MS, deps.db.pool.query("select 1")).then(
        () => true,
        () => false,
      ),
      within(ANSWER_MS, deps.indexed.freshness()).catch(() => []),
      chainCheck(),
    ]),
  );
  return async () => {
    const [database, index, chain] = await look();
    const isIndexed = index.length > 0 && index.every(({ fresh }) => fresh);
    // A node that is away is no reason to stop: the index has its own. A node of another chain is.
    const isRightChain = chain.actual === null || chain.actual === chain.expected;
    const fee = deps.fees.known().length > 0;
    const stopping = deps.stopping.aborted;
    return {
      ready: database && isIndexed && isRightChain && fee && !stopping,
      checks: { database, index: index.map(told), chain, fee, stopping },
    };
  };
}

const told = (lag: Awaited<ReturnType<Deps["indexed"]["freshness"]>>[number]) => ({
  chain_id: lag.chainId,
  lag_sec: lag.lagSec,
  checkpoint_block: lag.checkpointBlock?.toString() ?? null,
  fresh: lag.fresh,
});
