import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { freshDatabase } from "../support/database.ts";
import { MERCHANT, openId, payNative, startTestChain, type TestChain } from "./chain.ts";
import { type Door, type DoorOptions, native, openDoor, told } from "./door.ts";
import { startLine } from "./line.ts";
import { caughtUp, startTestIndexer } from "./run.ts";

const HOUR_MS = 3_600_000;

describe("the door over a chain that only mines on demand", () => {
  let chain: TestChain;
  const open: { stop(): Promise<void> }[] = [];

  beforeAll(async () => {
    chain = await startTestChain();
  });
  afterAll(() => chain?.stop());
  afterEach(async () => {
    while (open.length > 0) await open.pop()?.stop();
  });

  async function door(options: DoorOptions = {}): Promise<Door> {
    const opened = await openDoor(chain, options);
    open.push(opened);
    return opened;
  }

  describe("without any index", () => {
    it("reads the payments from the gateway's first block on", async () => {
      const { findPayments, freshness } = await door();
      const first = await payNative(chain, { sessionId: openId("bare"), amountWei: 3n });
      await payNative(chain, { sessionId: openId("other"), amountWei: 4n });
      const second = await payNative(chain, { sessionId: openId("bare"), amountWei: 5n });
      expect(await findPayments(native(openId("bare")))).toEqual([
        await told(chain, first, 3n),
        await told(chain, second, 5n),
      ]);
      const upper = (hex: string) => `0x${hex.slice(2).toUpperCase()}` as const;
      const terms = { ...native(upper(openId("bare"))), merchant: upper(MERCHANT) };
      expect(await findPayments(terms)).toHaveLength(2);
      expect(await freshness()).toEqual([{ chainId: 43114, lagSec: 0, checkpointBlock: null, fresh: false }]);
    });

    it("counts a payment only with its confirmations", async () => {
      const { findPayments } = await door({ confirmations: 1 });
      await payNative(chain, { sessionId: openId("deep") });
      expect(await findPayments(native(openId("deep")))).toEqual([]);
      await chain.client.mine({ blocks: 1 });
      expect(await findPayments(native(openId("deep")))).toHaveLength(1);
    });

    it("passes over an RPC URL that hangs, refuses or serves another chain", async () => {
      const [hanging, refusing] = await Promise.all([
        startLine(chain.rpcUrl, "hang"),
        startLine(chain.rpcUrl, "refuse"),
      ]);
      const other = await startTestChain({ chainId: 43113 });
      open.push(hanging, refusing, other);
      const { findPayments, warnings } = await door({
        rpcUrls: [hanging.url, refusing.url, other.rpcUrl, chain.rpcUrl],
      });
      await payNative(chain, { sessionId: openId("fourth") });
      expect(await findPayments(native(openId("fourth")))).toHaveLength(1);
      expect(warnings).toContain("RPC URL serves another chain");
    });

    it("says that it cannot tell when the first block is too far away", async () => {
      await payNative(chain, { sessionId: openId("far") });
      const startBlock = Number(await chain.client.getBlockNumber()) - 20_000;
      const opened = await openDoor({ ...chain, gateway: { ...chain.gateway, startBlock } });
      open.push(opened);
      expect(await opened.find(native(openId("far")))).toEqual({ payments: [], knownToSec: undefined });
    });
  });

  describe("over an index whose Ponder has ended", () => {
    it("trusts it as long as the chain has nothing new, however old it is, and no longer", async () => {
      const databaseUrl = await freshDatabase(inject("pgUrl"));
      const indexer = await startTestIndexer(chain, { databaseUrl });
      await indexer.ready;
      const kept = await payNative(chain, { sessionId: openId("quiet"), amountWei: 1n });
      const snapshot = await chain.client.snapshot();
      const undone = await payNative(chain, { sessionId: openId("quiet"), amountWei: 2n });
      await caughtUp(databaseUrl, chain);
      await indexer.stop();

      const opened = await door({ databaseUrl });
      opened.shiftMs = HOUR_MS;
      expect(await opened.freshness()).toMatchObject([{ fresh: true, lagSec: 0 }]);
      const both = [await told(chain, kept, 1n), await told(chain, undone, 2n)];
      expect(await opened.findPayments(native(openId("quiet")))).toEqual(both);

      // Index and door may ask the same node, and it may have frozen: what it told is true, the rest is not known.
      const doubting = await door({ databaseUrl, maxQuietSec: 60 });
      expect((await doubting.find(native(openId("quiet")))).knownToSec).toBeTypeOf("number");
      doubting.shiftMs = HOUR_MS;
      expect(await doubting.freshness()).toMatchObject([{ fresh: false }]);
      expect(await doubting.find(native(openId("quiet")))).toEqual({ payments: both, knownToSec: undefined });
      expect(await doubting.find(native(openId("nobody")))).toEqual({ payments: [], knownToSec: undefined });

      // A reorg that the index never saw: its row must not be believed.
      await chain.client.revert({ id: snapshot });
      const after = await payNative(chain, { sessionId: openId("quiet"), amountWei: 9n });
      await chain.client.mine({ blocks: 2 });
      await expect.poll(opened.freshness, { interval: 100, timeout: 10_000 }).toMatchObject([{ fresh: false }]);
      expect(await opened.findPayments(native(openId("quiet")))).toEqual([
        await told(chain, kept, 1n),
        await told(chain, after, 9n),
      ]);
    });

    it("is not fooled by a node that has fallen behind", async () => {
      const behind = await startTestChain();
      const databaseUrl = await freshDatabase(inject("pgUrl"));
      const indexer = await startTestIndexer(chain, { databaseUrl });
      open.push(behind, indexer);
      await indexer.ready;
      await caughtUp(databaseUrl, chain);
      await indexer.stop();

      await payNative(chain, { sessionId: openId("ahead") });
      const opened = await door({ databaseUrl, rpcUrls: [behind.rpcUrl, chain.rpcUrl] });
      opened.shiftMs = HOUR_MS;
      expect(await opened.freshness()).toMatchObject([{ fresh: false }]);
      expect(await opened.findPayments(native(openId("ahead")))).toHaveLength(1);
    });
  });
});
