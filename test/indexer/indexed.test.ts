import { type Hex, zeroAddress } from "viem";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { paymentIdOf } from "../../contracts/payment-id.ts";
import { freshDatabase } from "../support/database.ts";
import { MERCHANT, openId, payNative, startTestChain, type TestChain } from "./chain.ts";
import { type Door, type DoorOptions, native, openDoor, told } from "./door.ts";
import { startLine } from "./line.ts";
import { query } from "./rows.ts";
import { caughtUp, startTestIndexer, type TestIndexer } from "./run.ts";

const HOUR_MS = 3_600_000;

describe("the door to the index", () => {
  let chain: TestChain;
  let databaseUrl: string;
  let indexer: TestIndexer;
  const open: { stop(): Promise<void> }[] = [];

  beforeAll(async () => {
    [chain, databaseUrl] = await Promise.all([startTestChain({ blockTimeSec: 1 }), freshDatabase(inject("pgUrl"))]);
    indexer = await startTestIndexer(chain, { databaseUrl });
    await indexer.ready;
  });
  afterAll(async () => {
    await indexer?.stop();
    await chain?.stop();
  });
  afterEach(async () => {
    thaw();
    while (open.length > 0) await open.pop()?.stop();
  });

  async function door(options: DoorOptions = {}): Promise<Door> {
    const opened = await openDoor(chain, { databaseUrl, ...options });
    open.push(opened);
    return opened;
  }

  const freeze = () => process.kill(indexer.pid() as number, "SIGSTOP");
  const thaw = () => process.kill(indexer.pid() as number, "SIGCONT");

  describe("while the index follows the chain", () => {
    it("finds a payment once it is indexed, and tells a fresh index", async () => {
      const { findPayments, freshness } = await door();
      expect(await findPayments(native(openId("nobody")))).toEqual([]);
      const receipt = await payNative(chain, { sessionId: openId("followed"), amountWei: 5n });
      await caughtUp(databaseUrl, chain);
      expect(await findPayments(native(openId("followed")))).toEqual([await told(chain, receipt, 5n)]);
      expect(await freshness()).toMatchObject([{ chainId: 43114, fresh: true }]);
    });

    it("takes ids and addresses in any letter case", async () => {
      const { findPayments } = await door();
      const id = openId("case");
      await payNative(chain, { sessionId: id });
      await caughtUp(databaseUrl, chain);
      const { merchant, token } = native(id);
      const upper = (hex: string) => `0x${hex.slice(2).toUpperCase()}` as const;
      expect(await findPayments({ onChainId: upper(id), merchant: upper(merchant), token })).toHaveLength(1);
    });

    it("counts a payment only with its confirmations", async () => {
      const { findPayments } = await door({ confirmations: 2 });
      const { blockNumber } = await payNative(chain, { sessionId: openId("confirmed") });
      const found = async () => (await findPayments(native(openId("confirmed")))).length;
      await expect.poll(found, { timeout: 20_000, interval: 20 }).toBe(1);
      expect(await chain.client.getBlockNumber()).toBeGreaterThanOrEqual(blockNumber + 2n);
    });

    it("wakes who waits with the block of a payment, and with no other", async () => {
      const { changed, findPayments } = await door({ tickless: true });
      await caughtUp(databaseUrl, chain);
      const woken = changed(new AbortController().signal);
      const receipt = await payNative(chain, { sessionId: openId("awaited"), amountWei: 1n });
      await woken;
      expect(await findPayments(native(openId("awaited")))).toEqual([await told(chain, receipt, 1n)]);
    });

    it("lets go of who stops waiting", async () => {
      const { changed } = await door({ tickless: true });
      const waiting = new AbortController();
      const released = changed(waiting.signal);
      waiting.abort();
      await released;
    });

    it("listens again after its connection was cut", async () => {
      const { changed, warnings } = await door({ tickless: true });
      const woken = changed(new AbortController().signal);
      const text = "select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen onchain_live_query'";
      await query(databaseUrl, text);
      await expect.poll(() => warnings).toContain("no news from the index until its database is back");
      await woken;
    });
  });

  describe("while the index stands still", () => {
    it("tells so within a few blocks, and finds the payments all the same", async () => {
      const { findPayments, freshness } = await door();
      await payNative(chain, { sessionId: openId("both"), amountWei: 1n });
      await caughtUp(databaseUrl, chain);
      const before = await findPayments(native(openId("both")));
      freeze();
      const receipt = await payNative(chain, { sessionId: openId("both"), amountWei: 2n });

      await expect.poll(freshness, { timeout: 20_000, interval: 100 }).toMatchObject([{ fresh: false }]);
      const [told1] = await freshness();
      expect(told1?.lagSec).toBeGreaterThanOrEqual(5);
      expect((await chain.client.getBlockNumber()) - (told1?.checkpointBlock ?? 0n)).toBeLessThan(15n);
      const meanwhile = await findPayments(native(openId("both")));
      expect(meanwhile).toEqual([...before, await told(chain, receipt, 2n)]);

      thaw();
      await expect.poll(freshness, { timeout: 20_000 }).toMatchObject([{ fresh: true }]);
      expect(await findPayments(native(openId("both")))).toEqual(meanwhile);
    });

    it("says that it cannot tell when no RPC URL answers either, but keeps what a bound id has bought", async () => {
      const line = await startLine(chain.rpcUrl);
      open.push(line);
      const opened = await door({ rpcUrls: [line.url] });
      const bound = await boundId(chain, 1_000n);
      await payNative(chain, { sessionId: openId("cut off") });
      const receipt = await payNative(chain, { sessionId: bound, amountWei: 1_000n });
      await caughtUp(databaseUrl, chain);
      line.set("refuse");
      opened.shiftMs = HOUR_MS;

      expect(await opened.find(native(openId("cut off")))).toEqual({ payments: [], knownToSec: undefined });
      expect(await opened.findPayments(native(bound))).toEqual([await told(chain, receipt, 1_000n)]);
      expect(await opened.freshness()).toMatchObject([{ fresh: false }]);
    });
  });
});

async function boundId({ client, gateway }: TestChain, amount: bigint): Promise<Hex> {
  const { timestamp } = await client.getBlock();
  const terms = { merchant: MERCHANT, token: zeroAddress, amount, feeBps: 100, salt: 1n };
  return paymentIdOf({ ...terms, chainId: 43114, gateway: gateway.address, expiry: Number(timestamp) + 600 });
}
