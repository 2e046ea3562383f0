import { encodeFunctionData, type Hex } from "viem";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import type { IndexedSettlement } from "../../api/indexed.ts";
import { settlementReceiverAbi, usdcAbi } from "../../contracts/abi.ts";
import { freshNonce, signCancellation } from "../contracts/receiver/authorization.ts";
import { freshDatabase } from "../support/database.ts";
import {
  authorize,
  carried,
  following,
  payerNo,
  send,
  settle,
  startTestBase,
  type TestBase,
  TREASURY,
  USDC,
} from "./base.ts";
import { openId, payNative, startTestChain, type TestChain } from "./chain.ts";
import { type Door, type DoorOptions, native, openDoor } from "./door.ts";
import { type Line, startLine } from "./line.ts";
import { caughtUp, startTestIndexer, type TestIndexer } from "./run.ts";

const HOUR_MS = 3_600_000;

describe("the door to settlements", () => {
  let chain: TestChain;
  let onBase: TestBase;
  let databaseUrl: string;
  let indexer: TestIndexer;
  /** Between Ponder and Base. */
  let line: Line;
  const open: { stop(): Promise<void> }[] = [];

  beforeAll(async () => {
    [chain, onBase, databaseUrl] = await Promise.all([
      startTestChain(),
      startTestBase(),
      freshDatabase(inject("pgUrl")),
    ]);
    line = await startLine(onBase.rpcUrl);
    const along = { receiver: onBase.receiver, rpcUrl: line.url };
    indexer = await startTestIndexer(chain, { databaseUrl, ...following(chain, along) });
    await indexer.ready;
  });
  afterAll(async () => {
    await indexer?.stop();
    await Promise.all([chain?.stop(), onBase?.stop(), line?.stop()]);
  });
  afterEach(async () => {
    line.set("pass");
    while (open.length > 0) await open.pop()?.stop();
  });

  async function door(options: DoorOptions = {}): Promise<Door> {
    const opened = await openDoor(chain, { databaseUrl, onBase, ...options });
    open.push(opened);
    return opened;
  }

  /** One that reads the index, and one over an empty database, which reads the chain. */
  const bothDoors = async (options: DoorOptions = {}) =>
    Promise.all([door(options), door({ ...options, databaseUrl: await freshDatabase(inject("pgUrl")) })]);

  async function told(paid: { payer: Hex; nonce: Hex; transactionHash: Hex; blockNumber: bigint }, logIndex = 1) {
    const { timestamp } = await onBase.client.getBlock({ blockNumber: paid.blockNumber });
    return {
      chainId: 8453,
      txHash: paid.transactionHash,
      logIndex,
      payer: paid.payer.toLowerCase() as Hex,
      nonce: paid.nonce,
      amount: 5n,
      blockNumber: paid.blockNumber,
      blockTime: Number(timestamp),
    } satisfies IndexedSettlement;
  }

  it("tells a settlement alike from the index and from the chain, in any letter case", async () => {
    const [one, two] = await Promise.all([authorize(onBase), authorize(onBase, { payer: payerNo(2) })]);
    const data = encodeFunctionData({ abi: settlementReceiverAbi, functionName: "settleBatch", args: [[one, two]] });
    const receipt = await send(onBase, onBase.receiver.address, data);
    await caughtUp(databaseUrl, onBase);
    const { payer, nonce } = { payer: payerNo(2).address, nonce: two.nonce };
    const second = await told({ ...receipt, payer, nonce }, 4);
    const upper = (hex: Hex): Hex => `0x${hex.slice(2).toUpperCase()}`;
    for (const { findSettlement } of await bothDoors()) {
      const found = await findSettlement({ payer, nonce: upper(nonce) });
      expect(found).toEqual({ settlement: second, knownToSec: expect.any(Number), isFinal: false });
      expect((await findSettlement({ payer: upper(payer), nonce })).settlement).toEqual(second);
      // Somebody else's nonce is nobody's.
      expect((await findSettlement({ payer, nonce: one.nonce })).settlement).toBeUndefined();
    }
  });

  it("finds none for an authorization that was never used, cancelled, or used for somebody else, and knows it", async () => {
    const payer = payerNo(1);
    const cancelled = freshNonce();
    const args = [payer.address, cancelled, await signCancellation(USDC, payer, cancelled)] as const;
    await send(onBase, USDC.address, encodeFunctionData({ abi: usdcAbi, functionName: "cancelAuthorization", args }));
    const elsewhere = { receiver: { ...onBase.receiver, address: TREASURY } };
    const away = await authorize(elsewhere);
    await send(onBase, USDC.address, carried(elsewhere, away));
    await caughtUp(databaseUrl, onBase);
    const { timestamp } = await onBase.client.getBlock();
    for (const { findSettlement } of await bothDoors())
      for (const nonce of [freshNonce(), cancelled, away.nonce]) {
        const { settlement, knownToSec, isFinal } = await findSettlement({ payer: payer.address, nonce });
        expect([settlement, isFinal]).toEqual([undefined, false]);
        expect(knownToSec).toBeGreaterThanOrEqual(Number(timestamp));
      }
  });

  it("keeps a settlement back until it has its confirmations, without letting anybody conclude that there is none", async () => {
    const paid = await settle(onBase);
    await caughtUp(databaseUrl, onBase);
    const settlement = await told(paid);
    const doors = await bothDoors({ finalBlocks: 3 });
    for (const { findSettlement } of doors) {
      expect(await findSettlement({ ...paid, confirmations: 2 })).toEqual({
        settlement: undefined,
        knownToSec: settlement.blockTime - 1,
        isFinal: false,
      });
      expect(await findSettlement(paid)).toMatchObject({ settlement, isFinal: false });
    }
    await onBase.client.mine({ blocks: 2 });
    await caughtUp(databaseUrl, onBase);
    const confirmed = () => Promise.all(doors.map((each) => each.findSettlement({ ...paid, confirmations: 2 })));
    expect(await confirmed()).toMatchObject(Array(2).fill({ settlement, isFinal: false }));
    await onBase.client.mine({ blocks: 1 });
    await caughtUp(databaseUrl, onBase);
    expect(await confirmed()).toMatchObject(Array(2).fill({ settlement, isFinal: true }));
  });

  it("knows nothing without a receiver", async () => {
    const paid = await settle(onBase);
    const opened = await openDoor(chain, { databaseUrl });
    open.push(opened);
    const nothing = { settlement: undefined, knownToSec: undefined, isFinal: false };
    expect(await opened.findSettlement(paid)).toEqual(nothing);
    expect(await opened.freshness()).toMatchObject([{ chainId: 43114 }]);
  });

  it("wakes who waits with the block of a settlement", async () => {
    const { changed, findSettlement } = await door({ tickless: true });
    const forever = new AbortController().signal;
    let news = changed(forever);
    const paid = await settle(onBase);
    let found: IndexedSettlement | undefined;
    while (!found) {
      // What wakes first may be the late news of an earlier block.
      await news;
      news = changed(forever);
      found = (await findSettlement(paid)).settlement;
    }
    expect(found).toEqual(await told(paid));
  });

  describe("while Ponder is cut off from Base alone", () => {
    it("judges each chain on its own, and finds new settlements on the chain, but no undone ones", async () => {
      const opened = await door();
      const kept = await settle(onBase);
      const snapshot = await onBase.client.snapshot();
      const undone = await settle(onBase);
      await caughtUp(databaseUrl, onBase);
      expect((await opened.findSettlement(undone)).settlement).toEqual(await told(undone));
      line.set("refuse");
      await onBase.client.revert({ id: snapshot });
      const after = await settle(onBase, { payer: payerNo(2) });
      await onBase.client.mine({ blocks: 2 });
      await payNative(chain, { sessionId: openId("meanwhile") });

      await expect.poll(opened.freshness, { timeout: 30_000, interval: 100 }).toMatchObject([
        { chainId: 43114, fresh: true },
        { chainId: 8453, fresh: false },
      ]);
      expect((await opened.findSettlement(kept)).settlement).toEqual(await told(kept));
      expect((await opened.findSettlement(after)).settlement).toEqual(await told(after));
      const gone = await opened.findSettlement(undone);
      expect(gone).toEqual({ settlement: undefined, knownToSec: expect.any(Number), isFinal: false });
      await caughtUp(databaseUrl, chain);
      expect(await opened.findPayments(native(openId("meanwhile")))).toHaveLength(1);
    });

    it("never says that nothing was settled when no node answers, and keeps what it has found", async () => {
      const cut = await startLine(onBase.rpcUrl);
      open.push(cut);
      const opened = await door({ baseUrls: [cut.url] });
      const paid = await settle(onBase);
      await caughtUp(databaseUrl, onBase);
      cut.set("refuse");
      opened.shiftMs = HOUR_MS;
      expect(await opened.findSettlement(paid)).toEqual({
        settlement: await told(paid),
        knownToSec: undefined,
        isFinal: false,
      });
      const nobody = { settlement: undefined, knownToSec: undefined, isFinal: false };
      expect(await opened.findSettlement({ ...paid, nonce: freshNonce() })).toEqual(nobody);
    });
  });
});
