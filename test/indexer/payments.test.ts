import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { freshDatabase } from "../support/database.ts";
import { MERCHANT, openId, PAYER, payNative, startTestChain, type TestChain } from "./chain.ts";
import { query } from "./rows.ts";
import { caughtUp, startTestIndexer, type TestIndexer } from "./run.ts";

describe("the index of the gateway's payments", () => {
  let chain: TestChain;
  let databaseUrl: string;
  let indexer: TestIndexer;

  beforeAll(async () => {
    [chain, databaseUrl] = await Promise.all([startTestChain(), freshDatabase(inject("pgUrl"))]);
    indexer = await startTestIndexer(chain, { databaseUrl });
    await indexer.ready;
  });
  afterAll(async () => {
    await indexer?.stop();
    await chain?.stop();
  });

  it("holds a payment as soon as its block is mined", async () => {
    const receipt = await payNative(chain, { sessionId: openId("one"), amountWei: 10_000n });
    const block = await chain.client.getBlock({ blockNumber: receipt.blockNumber });
    await caughtUp(databaseUrl, chain);

    expect(await query(databaseUrl, "select * from onchain.payment")).toEqual([
      {
        chain_id: 43114,
        tx_hash: receipt.transactionHash,
        log_index: 0,
        session_id: openId("one"),
        payer: PAYER.address.toLowerCase(),
        merchant: MERCHANT,
        token: "0x0000000000000000000000000000000000000000",
        amount_gross: "10000",
        fee: "100",
        amount_net: "9900",
        block_number: String(receipt.blockNumber),
        block_time: String(block.timestamp),
      },
    ]);
  });
});
