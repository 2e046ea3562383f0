import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { startAnvil } from "../../dev/anvil.ts";
import type { Indexer } from "../../dev/indexer.ts";
import { freshDatabase } from "../support/database.ts";
import { openId, payNative, startTestChain, type TestChain } from "./chain.ts";
import { type Line, startLine } from "./line.ts";
import { query } from "./rows.ts";
import { expectExact, startTestIndexer, type TestIndexer } from "./run.ts";

describe("the chain's RPC", () => {
  let chain: TestChain;
  let databaseUrl: string;
  const open: { stop(): Promise<void> }[] = [];

  beforeEach(async () => {
    [chain, databaseUrl] = await Promise.all([startTestChain(), freshDatabase(inject("pgUrl"))]);
    open.push(chain);
  });
  afterEach(async () => {
    while (open.length > 0) await open.pop()?.stop();
  });

  async function start(...urls: string[]): Promise<TestIndexer> {
    const indexer = await startTestIndexer(chain, { databaseUrl, rpcUrls: new Map([[43114, urls]]) });
    open.push(indexer);
    return indexer;
  }

  async function lineTo(mode: "pass" | "refuse" | "hang" = "pass"): Promise<Line> {
    const made = await startLine(chain.rpcUrl, mode);
    open.push(made);
    return made;
  }

  const refused = (promise: Promise<Indexer>) =>
    promise.then(
      () => "started",
      (error: Error) => error.message,
    );

  describe("refused before the start", () => {
    it("when there is no URL, or an empty one", async () => {
      expect(await refused(start())).toBe("AVALANCHE_RPC_URL is empty: Avalanche C-Chain needs an RPC URL");
      expect(await refused(start(chain.rpcUrl, ""))).toBe("AVALANCHE_RPC_URL holds an empty URL");
    });

    it("when one URL of several serves another chain", async () => {
      const other = await startAnvil({ chainId: 43113 });
      open.push(other);
      const { host } = new URL(other.rpcUrl);
      expect(await refused(start(chain.rpcUrl, other.rpcUrl))).toBe(
        `${host} (AVALANCHE_RPC_URL) serves chain 43113, but Avalanche C-Chain is chain 43114`,
      );
      expect(await query(databaseUrl, "select from pg_namespace where nspname like 'idx%'")).toEqual([]);
    });
  });

  it("is waited for when it is down at the start", async () => {
    const line = await lineTo("refuse");
    await payNative(chain, { sessionId: openId("early") });
    const indexer = await start(line.url);
    await expect.poll(() => indexer.log).toContain("no RPC URL of Avalanche C-Chain answers");

    line.set("pass");
    await indexer.ready;
    expect(await expectExact(databaseUrl, chain)).toBe(1);
  });

  it("may go and come back: nothing is missed and Ponder lives on", async () => {
    const line = await lineTo();
    const indexer = await start(line.url);
    await indexer.ready;
    const pid = indexer.pid();

    line.set("refuse");
    for (let i = 0; i < 5; i++) await payNative(chain, { sessionId: openId(`dark ${i}`) });
    line.set("pass");
    expect(await expectExact(databaseUrl, chain)).toBe(5);
    expect(indexer.pid()).toBe(pid);
  });

  it("may hang: the second URL takes over", async () => {
    const line = await lineTo();
    const indexer = await start(line.url, chain.rpcUrl);
    await indexer.ready;
    const pid = indexer.pid();

    line.set("hang");
    for (let i = 0; i < 3; i++) await payNative(chain, { sessionId: openId(`hung ${i}`) });
    expect(await expectExact(databaseUrl, chain)).toBe(3);
    expect(indexer.pid()).toBe(pid);
  });
});
