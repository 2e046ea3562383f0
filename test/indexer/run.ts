import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect } from "vitest";
import { type Indexer, type IndexerOptions, startIndexer } from "../../dev/indexer.ts";
import type { TestChain } from "./chain.ts";
import { indexedBlock, paidInIndex, paidOnChain } from "./rows.ts";

export type TestIndexer = Indexer & { log: string[]; options: IndexerOptions };

const HOME = mkdtempSync(path.join(tmpdir(), "turnpike-indexer-"));
afterAll(() => rmSync(HOME, { recursive: true, force: true }));

/** The indexer over one chain, quick to poll and to give up, with its log kept. */
export async function startTestIndexer(
  { rpcUrl, gateway }: Pick<TestChain, "rpcUrl" | "gateway">,
  given: Partial<IndexerOptions> & { databaseUrl: string },
): Promise<TestIndexer> {
  const log: string[] = [];
  const options: IndexerOptions = {
    gateway,
    rpcUrls: new Map([[gateway.chainId, [rpcUrl]]]),
    pollMs: 100,
    pidFile: path.join(HOME, `${randomUUID()}.pid`),
    onLog: (line) => log.push(line),
    ...given,
  };
  return { ...(await startIndexer(options)), log, options };
}

const CATCH_UP_MS = 60_000;

/** Resolves when the index stands at the chain's head. */
export async function caughtUp(databaseUrl: string, { client }: Pick<TestChain, "client">): Promise<void> {
  const [head, chainId] = await Promise.all([client.getBlockNumber(), client.getChainId()]);
  await expect
    .poll(() => indexedBlock(databaseUrl, chainId), { timeout: CATCH_UP_MS, interval: 50 })
    .toBeGreaterThanOrEqual(head);
}

/** Fails unless the index holds exactly the chain's payments, each once, and sessions sum them up. */
export async function expectExact(databaseUrl: string, chain: Pick<TestChain, "client" | "gateway">): Promise<number> {
  await caughtUp(databaseUrl, chain);
  const expected = await paidOnChain(chain);
  await expect.poll(() => paidInIndex(databaseUrl), { timeout: CATCH_UP_MS, interval: 100 }).toEqual(expected);
  return expected.payments.length;
}
