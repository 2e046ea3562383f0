import { pino } from "pino";
import { encodeFunctionData, erc20Abi } from "viem";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Db, openDb } from "../../api/db.ts";
import { reconcile } from "../../api/ledger/reconciliation/reconcile.ts";
import { balanceOf, openAccount } from "../../api/ledger.ts";
import { createDeposits } from "../../api/payments/x402/deposits.ts";
import { base } from "../../contracts/chains.ts";
import { TestClock } from "../api/support/test-clock.ts";
import { freshDatabase } from "../support/database.ts";
import { following, payerNo, send, settle, startTestBase, type TestBase, USDC } from "./base.ts";
import { startTestChain, type TestChain } from "./chain.ts";
import { caughtUp, startTestIndexer, type TestIndexer } from "./run.ts";

describe("money that reaches the receiver for nothing in particular", () => {
  let chain: TestChain;
  let onBase: TestBase;
  let indexer: TestIndexer;
  let databaseUrl: string;
  let db: Db;

  beforeAll(async () => {
    [chain, onBase, databaseUrl] = await Promise.all([
      startTestChain(),
      startTestBase(),
      freshDatabase(inject("pgUrl")),
    ]);
    indexer = await startTestIndexer(chain, { databaseUrl, ...following(chain, onBase) });
    db = await openDb(databaseUrl, pino({ level: "silent" }));
    await indexer.ready;
  });
  afterAll(async () => {
    await db?.close();
    await indexer?.stop();
    await Promise.all([chain?.stop(), onBase?.stop()]);
  });

  it("is found in a real index, credited when it is final, and then the books agree", async () => {
    // All that was mined so far is older than anybody has to wait for.
    const clock = new TestClock("2100-01-01T00:00:00Z");
    const receiver = { chain: base, address: onBase.receiver.address } as never;
    const round = createDeposits({ db, clock, receiver, isRefunded: async () => false });
    const has = async (address: `0x${string}`) =>
      balanceOf(db.pool, await openAccount(db.pool, { address, chainId: base.id }));
    const statuses = async () =>
      (await reconcile(db.pool, { nowSec: clock.nowSec })).differences.map(({ status }) => status);

    const sender = onBase.client.account.address;
    await onBase.usdc.mint(sender, 11n);
    const args = [onBase.receiver.address, 11n] as const;
    await send(onBase, USDC.address, encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args }));
    await settle(onBase, { amount: 7n });
    await caughtUp(databaseUrl, onBase);
    await round();
    expect([await has(sender), await has(payerNo(1).address)]).toEqual([0n, 0n]);
    expect(await statuses()).toEqual(["pending", "pending"]);

    await onBase.client.mine({ blocks: base.finalBlocks });
    await caughtUp(databaseUrl, onBase);
    await round();
    expect([await has(sender), await has(payerNo(1).address)]).toEqual([11n, 7n]);
    expect(await statuses()).toEqual([]);
  });
});
