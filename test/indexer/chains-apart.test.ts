import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { startAnvil } from "../../dev/anvil.ts";
import type { Indexer } from "../../dev/indexer.ts";
import { freePort } from "../../dev/process.ts";
import { freshDatabase } from "../support/database.ts";
import { following, settle, startTestBase, type TestBase } from "./base.ts";
import { openId, payNative, startTestChain, type TestChain } from "./chain.ts";
import { startLine } from "./line.ts";
import { query } from "./rows.ts";
import { caughtUp, expectExact, startTestIndexer, type TestIndexer } from "./run.ts";
import { expectSettled } from "./settled.ts";

describe("two chains under one indexer, each judged on its own", () => {
  let chain: TestChain;
  let onBase: TestBase;
  let port: number;
  let databaseUrl: string;
  const open: { stop(): Promise<void> }[] = [];

  beforeEach(async () => {
    port = await freePort();
    [chain, onBase, databaseUrl] = await Promise.all([
      startTestChain(),
      startTestBase({ port }),
      freshDatabase(inject("pgUrl")),
    ]);
    open.push(chain, { stop: () => onBase.stop() });
  });
  afterEach(async () => {
    while (open.length > 0) await open.pop()?.stop();
  });

  async function start(given: Partial<TestIndexer["options"]> = {}): Promise<TestIndexer> {
    const indexer = await startTestIndexer(chain, { databaseUrl, ...following(chain, onBase), ...given });
    open.push(indexer);
    return indexer;
  }

  const refused = (promise: Promise<Indexer>) =>
    promise.then(
      () => "started",
      (error: Error) => error.message,
    );

  it("is refused before the start when a URL of Base serves another chain, though the gateway's is away", async () => {
    const [other, away] = await Promise.all([startAnvil({ chainId: 84532 }), startLine(chain.rpcUrl, "refuse")]);
    open.push(other, away);
    const { host } = new URL(other.rpcUrl);
    const wrong = new Map([
      [43114, [away.url]],
      [8453, [onBase.rpcUrl, other.rpcUrl]],
    ]);
    expect(await refused(start({ rpcUrls: wrong }))).toBe(
      `${host} (BASE_RPC_URL) serves chain 84532, but Base is chain 8453`,
    );
    expect(await refused(start({ rpcUrls: new Map([[43114, [chain.rpcUrl]]]) }))).toBe(
      "BASE_RPC_URL is empty: Base needs an RPC URL",
    );
    expect(await query(databaseUrl, "select from pg_namespace where nspname like 'idx%'")).toEqual([]);
  });

  it("names the schema by both contracts, and indexes the gateway alone when there is no receiver", async () => {
    const alone = await startTestIndexer(chain, { databaseUrl });
    open.push(alone);
    await alone.ready;
    await payNative(chain, { sessionId: openId("alone") });
    expect(await expectExact(databaseUrl, chain)).toBe(1);
    expect(await query(databaseUrl, "select * from onchain.settlement")).toEqual([]);
    expect(await query(databaseUrl, "select chain_id from onchain._ponder_checkpoint")).toEqual([
      { chain_id: "43114" },
    ]);
    await alone.stop();

    const both = await start();
    await both.ready;
    await settle(onBase);
    expect(both.schema).not.toBe(alone.schema);
    expect(await expectSettled(databaseUrl, onBase)).toBe(1);
    expect(await expectExact(databaseUrl, chain)).toBe(1);
  });

  it("indexes a reset local Base from nothing, and keeps what was fetched of the other chain", async () => {
    await payNative(chain, { sessionId: openId("kept") });
    await settle(onBase);
    for (const { client } of [chain, onBase]) await client.mine({ blocks: 70 });
    const first = await start();
    await first.ready;
    await expectSettled(databaseUrl, onBase);
    await first.stop();
    const fetched = await fetchedOf(43114);
    expect(fetched).toHaveLength(1);

    await onBase.stop();
    onBase = await startTestBase({ port });
    await settle(onBase, { amount: 9n });
    await onBase.client.mine({ blocks: 100 });
    const second = await start({ localChains: [8453] });
    await second.ready;
    expect(await fetchedOf(43114)).toEqual(fetched);
    expect(await expectSettled(databaseUrl, onBase)).toBe(1);
    expect(await expectExact(databaseUrl, chain)).toBe(1);
    expect(second.log.filter((line) => line.includes("dropped the index"))).toEqual([
      "Base starts with another block than the chain that was indexed: dropped the index, building it again",
    ]);
  });

  /** In Ponder's cache, with the transaction that wrote it: a log that was fetched again is told from one that stayed. */
  const fetchedOf = (chainId: number) =>
    query(databaseUrl, "select xmin::text, block_hash, log_index from ponder_sync.logs where chain_id = $1", [chainId]);

  it("is built again when Base alone has left what was final, while the gateway's chain goes on", async () => {
    await settle(onBase, { amount: 1n });
    const snapshot = await onBase.client.snapshot();
    await settle(onBase, { amount: 2n });
    await onBase.client.mine({ blocks: 70 });
    const patience = { stuckAfterMs: 15_000, lookEveryMs: 500 };
    const indexer = await start({ patience });
    await indexer.ready;
    await caughtUp(databaseUrl, onBase);
    await onBase.client.mine({ blocks: 70 });
    await caughtUp(databaseUrl, onBase);

    await onBase.client.revert({ id: snapshot });
    await onBase.client.mine({ blocks: 200, interval: 2 });
    await payNative(chain, { sessionId: openId("goes on") });
    expect(await expectSettled(databaseUrl, onBase)).toBe(1);
    expect(await expectExact(databaseUrl, chain)).toBe(1);
    expect(indexer.log.join("\n")).toMatch(/^Base: block \d+ is the last indexed one, though the chain goes on$/m);
  });

  it("goes on with the gateway's chain while Base is out of reach, and with Base when it is back", async () => {
    const line = await startLine(onBase.rpcUrl);
    open.push(line);
    const rpcUrls = new Map([
      [43114, [chain.rpcUrl]],
      [8453, [line.url]],
    ]);
    const indexer = await start({ rpcUrls, patience: { stuckAfterMs: 3_000, lookEveryMs: 250 } });
    await indexer.ready;
    await Promise.all([caughtUp(databaseUrl, chain), caughtUp(databaseUrl, onBase)]);
    const pid = indexer.pid();

    line.set("refuse");
    await expect.poll(() => indexer.log, { timeout: 30_000 }).toContain("Base: chain or database are out of reach");
    await payNative(chain, { sessionId: openId("meanwhile") });
    expect(await expectExact(databaseUrl, chain)).toBe(1);
    expect(indexer.pid()).toBe(pid);

    await settle(onBase);
    line.set("pass");
    expect(await expectSettled(databaseUrl, onBase)).toBe(1);
  });
});
