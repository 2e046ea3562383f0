import { isDeepStrictEqual } from "node:util";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { freshDatabase } from "../support/database.ts";
import { authorize, carried, following, payerNo, settle, startTestBase, type TestBase, USDC } from "./base.ts";
import { openId, payNative, startTestChain, type TestChain } from "./chain.ts";
import { indexRows, query } from "./rows.ts";
import { caughtUp, expectExact, startTestIndexer, type TestIndexer } from "./run.ts";
import { expectSettled } from "./settled.ts";

describe("the index of two chains", () => {
  let chain: TestChain;
  let onBase: TestBase;
  let databaseUrl: string;
  const open: { stop(): Promise<void> }[] = [];

  beforeEach(async () => {
    [chain, onBase, databaseUrl] = await Promise.all([
      startTestChain(),
      startTestBase(),
      freshDatabase(inject("pgUrl")),
    ]);
    open.push(chain, onBase);
  });
  afterEach(async () => {
    while (open.length > 0) await open.pop()?.stop();
  });

  async function start(given: Partial<TestIndexer["options"]> = {}): Promise<TestIndexer> {
    const indexer = await startTestIndexer(chain, { databaseUrl, ...following(chain, onBase), ...given });
    open.push(indexer);
    return indexer;
  }

  const ownRows = async () => (await indexRows(databaseUrl)) ?? { payments: [], sessions: [] };
  const nonces = async () =>
    (await query<{ nonce: string }>(databaseUrl, "select nonce from onchain.settlement order by block_number")).map(
      ({ nonce }) => nonce,
    );

  it("takes settlement and balance back with a reorg of Base, and leaves the gateway's rows alone", async () => {
    const indexer = await start();
    await indexer.ready;
    await payNative(chain, { sessionId: openId("apart") });
    const kept = await settle(onBase, { amount: 1n });
    const snapshot = await onBase.client.snapshot();
    await settle(onBase, { amount: 2n });
    await settle(onBase, { payer: payerNo(2), amount: 3n });
    await payNative(chain, { sessionId: openId("apart") });
    expect(await expectSettled(databaseUrl, onBase)).toBe(3);
    expect(await expectExact(databaseUrl, chain)).toBe(2);
    const before = await ownRows();

    await onBase.client.revert({ id: snapshot });
    await onBase.client.mine({ blocks: 4, interval: 3 });
    const seen: object[] = [];
    const look = async () => {
      const { payments, sessions } = await ownRows();
      seen.push({ payments, sessions });
      return nonces();
    };
    await expect.poll(look, { timeout: 30_000, interval: 5 }).toEqual([kept.nonce]);
    const { payments, sessions } = before;
    expect(seen.filter((rows) => !isDeepStrictEqual(rows, { payments, sessions }))).toEqual([]);
    expect(await expectSettled(databaseUrl, onBase)).toBe(1);
  });

  it("reads a transaction's authorization anew when a reorg mines it again, behind another's", async () => {
    const indexer = await start();
    await indexer.ready;
    const { client } = onBase;
    const [moved, inFront] = await Promise.all([authorize(onBase), authorize(onBase, { payer: payerNo(2) })]);
    const carrier = payerNo(9);
    await client.setBalance({ address: carrier.address, value: 10n ** 18n });
    const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n };
    const signed = await carrier.signTransaction({
      ...{ chainId: USDC.chainId, nonce: 0, gas: 200_000n, type: "eip1559", ...fees },
      ...{ to: USDC.address, data: carried(onBase, moved) },
    });
    const snapshot = await client.snapshot();
    const first = await client.waitForTransactionReceipt({
      hash: await client.sendRawTransaction({ serializedTransaction: signed }),
    });
    expect(await expectSettled(databaseUrl, onBase)).toBe(1);

    await client.revert({ id: snapshot });
    await client.mine({ blocks: 1, interval: 3 });
    await client.setAutomine(false);
    const richer = { ...fees, maxPriorityFeePerGas: 10n ** 9n, gas: 200_000n, chain: null };
    await client.sendTransaction({ ...richer, to: USDC.address, data: carried(onBase, inFront) });
    await client.sendRawTransaction({ serializedTransaction: signed });
    await client.mine({ blocks: 1 });
    await client.setAutomine(true);

    const again = await client.getTransactionReceipt({ hash: first.transactionHash });
    expect([first.logs[1]?.logIndex, again.logs[1]?.logIndex]).toEqual([1, 3]);
    expect(await expectSettled(databaseUrl, onBase)).toBe(2);
    expect(await nonces()).toEqual(expect.arrayContaining([moved.nonce, inFront.nonce]));
  });

  async function settleSome(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await settle(onBase, { payer: payerNo(1 + (i % 3)) });
  }

  it("builds byte-identical rows of both chains again after its schema was dropped", async () => {
    await payNative(chain, { sessionId: openId("again") });
    await settleSome(4);
    await onBase.client.mine({ blocks: 70 });
    const first = await start();
    await first.ready;
    await settleSome(4);
    await payNative(chain, { sessionId: openId("again") });
    await expectExact(databaseUrl, chain);
    expect(await expectSettled(databaseUrl, onBase)).toBe(8);
    const before = await indexRows(databaseUrl);
    expect(before?.balances).toHaveLength(3);
    await first.stop();

    await query(databaseUrl, `drop schema ${first.schema} cascade`);
    const second = await start();
    await second.ready;
    await Promise.all([caughtUp(databaseUrl, chain), caughtUp(databaseUrl, onBase)]);
    expect(second.schema).toBe(first.schema);
    expect(await indexRows(databaseUrl)).toEqual(before);
  });
});
