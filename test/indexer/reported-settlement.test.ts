import { encodeFunctionData, type Hash, type Hex } from "viem";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
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
import { startTestChain, type TestChain } from "./chain.ts";
import { type CountedNode, startCountedNode } from "./counted-node.ts";
import { type Door, openDoor } from "./door.ts";
import { caughtUp, startTestIndexer, type TestIndexer } from "./run.ts";

describe("a settlement whose transaction somebody names", () => {
  let chain: TestChain;
  let onBase: TestBase;
  let node: CountedNode;
  /** Over no index at all, and over one. */
  let early: Door;
  let indexed: Door;
  let databaseUrl: string;
  let indexer: TestIndexer;

  beforeAll(async () => {
    [chain, onBase, databaseUrl] = await Promise.all([
      startTestChain(),
      startTestBase(),
      freshDatabase(inject("pgUrl")),
    ]);
    indexer = await startTestIndexer(chain, { databaseUrl, ...following(chain, onBase) });
    await indexer.ready;
    node = await startCountedNode(onBase.rpcUrl);
    early = await openDoor(chain, { onBase, baseUrls: [node.url] });
    indexed = await openDoor(chain, { databaseUrl, onBase, baseUrls: [node.url] });
    // Each door asks a node for its chain's id, once.
    await Promise.all([early, indexed].map((door) => door.findSettlement(nobodys())));
  });
  afterAll(async () => {
    await Promise.all([indexer?.stop(), early?.stop(), indexed?.stop()]);
    await Promise.all([chain?.stop(), onBase?.stop(), node?.stop()]);
  });

  const nobodys = () => ({ payer: payerNo(1).address, nonce: freshNonce(), reportedTxHash: freshNonce() });
  const reported = (paid: { payer: Hex; nonce: Hex; transactionHash: Hash }) => ({
    payer: paid.payer,
    nonce: paid.nonce,
    reportedTxHash: paid.transactionHash,
  });

  it("is read from it with one request, as the index tells it later without any", async () => {
    const paid = await settle(onBase);
    const query = reported(paid);
    node.asked();
    const found = await early.findSettlement(query);
    expect(node.asked()).toEqual(["eth_getTransactionReceipt"]);
    const { blockNumber, transactionHash: txHash } = paid;
    expect(found).toMatchObject({ settlement: { txHash, blockNumber, amount: 5n }, isFinal: false });
    await caughtUp(databaseUrl, onBase);
    expect((await indexed.findSettlement(query)).settlement).toEqual(found.settlement);
    expect(node.asked()).not.toContain("eth_getTransactionReceipt");
  });

  it("is told apart from the others of its transaction, in any letter case", async () => {
    const [one, two] = await Promise.all([authorize(onBase), authorize(onBase, { payer: payerNo(2), amount: 7n })]);
    const data = encodeFunctionData({ abi: settlementReceiverAbi, functionName: "settleBatch", args: [[one, two]] });
    const { transactionHash } = await send(onBase, onBase.receiver.address, data);
    const upper = (hex: Hex): Hex => `0x${hex.slice(2).toUpperCase()}`;
    const query = { payer: upper(two.from), nonce: upper(two.nonce), reportedTxHash: transactionHash };
    expect((await early.findSettlement(query)).settlement).toMatchObject({ amount: 7n, nonce: two.nonce });
  });

  it("is not found where nobody paid the receiver: cancelled, paid to somebody else, or another's", async () => {
    const payer = payerNo(1);
    const cancelled = freshNonce();
    const args = [payer.address, cancelled, await signCancellation(USDC, payer, cancelled)] as const;
    const data = encodeFunctionData({ abi: usdcAbi, functionName: "cancelAuthorization", args });
    const cancellation = await send(onBase, USDC.address, data);
    const elsewhere = { receiver: { ...onBase.receiver, address: TREASURY } };
    const away = await authorize(elsewhere);
    const gone = await send(onBase, USDC.address, carried(elsewhere, away));
    const { transactionHash } = await settle(onBase);
    const queries = [
      { payer: payer.address, nonce: cancelled, reportedTxHash: cancellation.transactionHash },
      { payer: payer.address, nonce: away.nonce, reportedTxHash: gone.transactionHash },
      { ...nobodys(), reportedTxHash: transactionHash },
      nobodys(),
    ];
    for (const query of queries) expect((await early.findSettlement(query)).settlement).toBeUndefined();
  });

  it("is not asked for, when its own block is not enough", async () => {
    const paid = await settle(onBase);
    node.asked();
    expect((await early.findSettlement({ ...reported(paid), confirmations: 1 })).settlement).toBeUndefined();
    expect(node.asked()).not.toContain("eth_getTransactionReceipt");
  });

  it("is not there for an index that has come past its block without it, whatever a node says", async () => {
    // This door's receiver is one that the index knows nothing of.
    const other = { rpcUrl: onBase.rpcUrl, receiver: { ...onBase.receiver, address: TREASURY } };
    const elsewhere = await authorize(other);
    const { transactionHash } = await send(onBase, USDC.address, carried(other, elsewhere));
    await caughtUp(databaseUrl, onBase);
    const query = { payer: elsewhere.from, nonce: elsewhere.nonce, reportedTxHash: transactionHash };
    const [blind, knowing] = await Promise.all([
      openDoor(chain, { onBase: other }),
      openDoor(chain, { databaseUrl, onBase: other }),
    ]);
    expect((await blind.findSettlement(query)).settlement).toMatchObject({ amount: 5n });
    expect((await knowing.findSettlement(query)).settlement).toBeUndefined();
    await Promise.all([blind.stop(), knowing.stop()]);
  });
});
