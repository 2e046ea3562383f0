import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { freePort } from "../../dev/process.ts";
import { freshDatabase } from "../support/database.ts";
import { openId, payNative, startTestChain, type TestChain } from "./chain.ts";
import { indexRows } from "./rows.ts";
import { caughtUp, expectExact, startTestIndexer, type TestIndexer } from "./run.ts";

describe("a chain that is not the one that was indexed", () => {
  let chain: TestChain;
  let port: number;
  let databaseUrl: string;
  const open: { stop(): Promise<void> }[] = [];

  beforeEach(async () => {
    port = await freePort();
    [chain, databaseUrl] = await Promise.all([startTestChain({ port }), freshDatabase(inject("pgUrl"))]);
    open.push({ stop: () => chain.stop() });
  });
  afterEach(async () => {
    while (open.length > 0) await open.pop()?.stop();
  });

  async function start(given: Partial<TestIndexer["options"]> = {}): Promise<TestIndexer> {
    const indexer = await startTestIndexer(chain, { databaseUrl, ...given });
    open.push(indexer);
    return indexer;
  }

  /** Payments, then enough blocks that Ponder holds them for final and keeps them in its cache. */
  async function payFinally(label: string): Promise<void> {
    for (let i = 0; i < 3; i++) await payNative(chain, { sessionId: openId(`${label} ${i}`) });
    await chain.client.mine({ blocks: 70 });
  }

  async function indexOnce(): Promise<void> {
    const indexer = await start();
    await indexer.ready;
    await expectExact(databaseUrl, chain);
    await indexer.stop();
  }

  it("is indexed from nothing when it was reset, though it is longer than the old one", async () => {
    await payFinally("old");
    await indexOnce();
    await chain.stop();
    chain = await startTestChain({ port });
    await payFinally("new");
    await chain.client.mine({ blocks: 100 });

    const indexer = await start();
    await indexer.ready;
    expect(await expectExact(databaseUrl, chain)).toBe(3);
    expect(indexer.log.filter((line) => line.endsWith("dropped the index, building it again"))).toEqual([
      "Avalanche C-Chain starts with another block than the chain that was indexed: dropped the index, building it again",
    ]);
  });

  it("is indexed again when it is ours and has lost final blocks", async () => {
    await payNative(chain, { sessionId: openId("kept") });
    const snapshot = await chain.client.snapshot();
    await payFinally("lost");
    await indexOnce();
    await chain.client.revert({ id: snapshot });

    const indexer = await start({ localChains: true });
    await indexer.ready;
    expect(await expectExact(databaseUrl, chain)).toBe(1);
    expect(indexer.log.join("\n")).toMatch(/ends at block 2, but was indexed up to block \d+: dropped the index/);
  });

  it("is refused, and the index kept, when it only seems shorter and is not ours", async () => {
    const snapshot = await chain.client.snapshot();
    await payFinally("public");
    await indexOnce();
    const before = await indexRows(databaseUrl);
    await chain.client.revert({ id: snapshot });

    const indexer = await start();
    await expect.poll(() => indexer.log.join("\n")).toMatch(/ends at block 1, but was indexed up to block \d+$/m);
    expect(indexer.pid()).toBeUndefined();
    expect(await indexRows(databaseUrl)).toEqual(before);
  });

  it("is noticed under a running Ponder, which never follows a reorg below what it holds for final", async () => {
    await payNative(chain, { sessionId: openId("before") });
    const snapshot = await chain.client.snapshot();
    await payFinally("undone");
    const indexer = await start({ patience: { stuckAfterMs: 15_000, lookEveryMs: 500 } });
    await indexer.ready;
    await caughtUp(databaseUrl, chain);
    await chain.client.mine({ blocks: 70 });
    await caughtUp(databaseUrl, chain);

    await chain.client.revert({ id: snapshot });
    await chain.client.mine({ blocks: 200, interval: 2 });
    expect(await expectExact(databaseUrl, chain)).toBe(1);
    expect(indexer.log.join("\n")).toMatch(/is the last indexed one, though the chain goes on/);
    expect(indexer.log.join("\n")).toMatch(/dropped the index, building it again/);
  });
});
