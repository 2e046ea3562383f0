import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { freshDatabase } from "../support/database.ts";
import { following, payerNo, settle, startTestBase, type TestBase } from "./base.ts";
import { startTestChain, type TestChain } from "./chain.ts";
import { has, killWhen } from "./kill.ts";
import { query } from "./rows.ts";
import { expectExact, startTestIndexer, type TestIndexer } from "./run.ts";
import { expectSettled } from "./settled.ts";
import { startSettling, startTraffic } from "./traffic.ts";

/** Twice the chains, and a receipt to read per settlement: on a busy machine Ponder needs more time for each. */
const PACE_MS = 400;

describe("Ponder killed with SIGKILL while it follows two chains", () => {
  let chain: TestChain;
  let onBase: TestBase;
  let databaseUrl: string;
  let indexer: TestIndexer | undefined;

  beforeEach(async () => {
    [chain, onBase, databaseUrl] = await Promise.all([
      startTestChain(),
      startTestBase(),
      freshDatabase(inject("pgUrl")),
    ]);
  });
  afterEach(async () => {
    await indexer?.stop();
    await Promise.all([chain.stop(), onBase.stop()]);
  });

  const start = () => startTestIndexer(chain, { databaseUrl, ...following(chain, onBase) });

  it("leaves exact settlements and balances when it dies while it fetches and while it indexes the past", async () => {
    for (let i = 0; i < 40; i++) await settle(onBase, { payer: payerNo(1 + (i % 3)), amount: BigInt(i + 1) });
    await onBase.client.mine({ blocks: 70 });
    indexer = await start();
    const { schema } = indexer;
    await killWhen(indexer, () => has(databaseUrl, "select from ponder_sync.logs where chain_id = 8453"));
    await killWhen(indexer, () => has(databaseUrl, `select from ${schema}._ponder_checkpoint`));
    await indexer.ready;
    expect(await expectSettled(databaseUrl, onBase)).toBe(40);
  });

  it("leaves both chains exact when it dies three times under the traffic of both", { timeout: 240_000 }, async () => {
    indexer = await start();
    await indexer.ready;
    const [paying, settling] = [startTraffic(chain, PACE_MS), startSettling(onBase, PACE_MS)];
    for (let kill = 1; kill <= 3; kill++) {
      const before = await rows(databaseUrl);
      await expect.poll(() => rows(databaseUrl), { timeout: 60_000, interval: 20 }).toBeGreaterThan(before + 10);
      await killWhen(indexer, async () => true);
    }
    const [paid, settled] = await Promise.all([paying.stop(), settling.stop()]);
    expect(await expectExact(databaseUrl, chain)).toBe(paid);
    expect(await expectSettled(databaseUrl, onBase)).toBe(settled);
  });
});

async function rows(databaseUrl: string): Promise<number> {
  const counted = await query<{ n: number }>(databaseUrl, "select count(*)::int as n from onchain.settlement");
  return counted[0]?.n ?? 0;
}
