import {
  type Address,
  concatHex,
  encodeAbiParameters,
  encodeFunctionData,
  erc20Abi,
  type Hex,
  multicall3Abi,
  pad,
  toEventSelector,
} from "viem";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { settlementReceiverAbi, usdcAbi } from "../../contracts/abi.ts";
import { installMulticall3 } from "../../dev/multicall3.ts";
import { freshNonce, signCancellation } from "../contracts/receiver/authorization.ts";
import { freshDatabase } from "../support/database.ts";
import {
  authorize,
  carried,
  following,
  payerNo,
  REFUND_LIMIT,
  send,
  settle,
  settleCall,
  startTestBase,
  type TestBase,
  TREASURY,
  USDC,
} from "./base.ts";
import { startTestChain, type TestChain } from "./chain.ts";
import { query } from "./rows.ts";
import { startTestIndexer, type TestIndexer } from "./run.ts";
import { expectSettled } from "./settled.ts";

const MULTICALL3: Address = "0xcA11bde05977b3631167028862bE2a173976CA11";
const WALLET: Address = "0x00000000000000000000000000000000000a11e7";
const IMPOSTOR: Address = "0x000000000000000000000000000000000000fa4e";
/** Takes every signature: `isValidSignature` always answers with its selector. */
const WALLET_CODE: Hex = "0x631626ba7e60e01b5f5260205ff3";
/** Logs its two words of input as USDC would log the use of an authorization. */
const IMPOSTOR_CODE = concatHex([
  "0x6020355f357f",
  toEventSelector("AuthorizationUsed(address,bytes32)"),
  "0x5f5fa300",
]);

describe("the index of what the receiver was paid", () => {
  let chain: TestChain;
  let onBase: TestBase;
  let databaseUrl: string;
  let indexer: TestIndexer;

  beforeAll(async () => {
    [chain, onBase, databaseUrl] = await Promise.all([
      startTestChain(),
      startTestBase(),
      freshDatabase(inject("pgUrl")),
    ]);
    await installMulticall3(onBase.rpcUrl);
    await onBase.client.setCode({ address: WALLET, bytecode: WALLET_CODE });
    await onBase.client.setCode({ address: IMPOSTOR, bytecode: IMPOSTOR_CODE });
    await onBase.usdc.mint(WALLET, 1_000n);
    indexer = await startTestIndexer(chain, { databaseUrl, ...following(chain, onBase) });
    await indexer.ready;
  });
  afterAll(async () => {
    await indexer?.stop();
    await Promise.all([chain?.stop(), onBase?.stop()]);
  });
  // Whatever a test settled, nothing else may be in the index and nothing may be missing.
  afterEach(() => expectSettled(databaseUrl, onBase));

  /** What the index tells of one transaction: who paid how much by which authorization. */
  async function settledIn({ transactionHash }: { transactionHash: Hex }) {
    await expectSettled(databaseUrl, onBase);
    const text = "select payer, nonce, amount from onchain.settlement where tx_hash = $1 order by log_index";
    const rows = await query<{ payer: Hex; nonce: Hex | null; amount: string }>(databaseUrl, text, [transactionHash]);
    return rows.map(({ payer, nonce, amount }) => [payer, nonce, amount]);
  }

  /** One transaction of a stranger who puts many calls into it. */
  const batched = (calls: readonly { target: Address; callData: Hex }[]) =>
    send(
      onBase,
      MULTICALL3,
      encodeFunctionData({
        abi: multicall3Abi,
        functionName: "aggregate3",
        args: [calls.map((call) => ({ ...call, allowFailure: false }))],
      }),
    );

  /** A pull of what `payer` allowed Multicall3 to take: a plain transfer, inside of somebody else's transaction. */
  async function pull(payer: Address, amount: bigint) {
    await onBase.client.impersonateAccount({ address: payer });
    await onBase.client.setBalance({ address: payer, value: 10n ** 18n });
    const hash = await onBase.client.writeContract({
      ...{ account: payer, chain: null, address: USDC.address, abi: erc20Abi },
      functionName: "approve",
      args: [MULTICALL3, amount],
    });
    await onBase.client.waitForTransactionReceipt({ hash });
    const args = [payer, onBase.receiver.address, amount] as const;
    return {
      target: USDC.address,
      callData: encodeFunctionData({ abi: erc20Abi, functionName: "transferFrom", args }),
    };
  }

  const lower = (address: Address) => address.toLowerCase();
  const [first, second] = [payerNo(1), payerNo(2)];

  it("holds an authorization that anybody carried straight to USDC, with every column", async () => {
    const { payer, nonce, transactionHash, blockNumber } = await settle(onBase, { amount: 7n });
    await expectSettled(databaseUrl, onBase);
    const { timestamp } = await onBase.client.getBlock({ blockNumber });
    expect(await query(databaseUrl, "select * from onchain.settlement where tx_hash = $1", [transactionHash])).toEqual([
      {
        chain_id: 8453,
        tx_hash: transactionHash,
        log_index: 1,
        token: lower(USDC.address),
        payer: lower(payer),
        nonce,
        amount: "7",
        block_number: String(blockNumber),
        block_time: String(timestamp),
      },
    ]);
    expect(await query(databaseUrl, "select * from onchain.balance where payer = $1", [lower(payer)])).toEqual([
      {
        chain_id: 8453,
        payer: lower(payer),
        deposited: "7",
        refunded: "0",
        count: 1,
        last_block: String(blockNumber),
      },
    ]);
  });

  it("holds what the receiver settled, alone and in a batch that skips what cannot be settled", async () => {
    const alone = await authorize(onBase);
    const receipt = await send(onBase, onBase.receiver.address, settleCall(alone));
    expect(await settledIn(receipt)).toEqual([[lower(alone.from), alone.nonce, "5"]]);

    const [one, two, cancelled] = await Promise.all([
      authorize(onBase, { amount: 1n }),
      authorize(onBase, { payer: second, amount: 2n }),
      authorize(onBase, { payer: second, amount: 3n }),
    ]);
    await cancel(cancelled.nonce);
    const args = [[one, alone, cancelled, two]] as const;
    const data = encodeFunctionData({ abi: settlementReceiverAbi, functionName: "settleBatch", args });
    expect(await settledIn(await send(onBase, onBase.receiver.address, data))).toEqual([
      [lower(first.address), one.nonce, "1"],
      [lower(second.address), two.nonce, "2"],
    ]);
  });

  it("gives each transfer of a stranger's batch its own authorization, and a plain one among them none", async () => {
    const one = await authorize(onBase, { amount: 1n });
    const two = await authorize(onBase, { payer: second, amount: 2n });
    const calls = [carried(onBase, one), carried(onBase, two)].map((callData) => ({ target: USDC.address, callData }));
    const receipt = await batched([...calls.slice(0, 1), await pull(first.address, 9n), ...calls.slice(1)]);
    expect(await settledIn(receipt)).toEqual([
      [lower(first.address), one.nonce, "1"],
      [lower(first.address), null, "9"],
      [lower(second.address), two.nonce, "2"],
    ]);
  });

  it("holds payments of a contract wallet, whatever its signatures look like", async () => {
    for (const length of [65, 300]) {
      const signature: Hex = `0x${"5a".repeat(length)}`;
      const paid = await settle(onBase, { from: WALLET, signature });
      expect(await settledIn(paid)).toEqual([[WALLET, paid.nonce, "5"]]);
    }
  });

  it("holds a plain transfer without an authorization", async () => {
    const args = [onBase.receiver.address, 11n] as const;
    await onBase.usdc.mint(onBase.client.account.address, 11n);
    const data = encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args });
    expect(await settledIn(await send(onBase, USDC.address, data))).toEqual([
      [lower(onBase.client.account.address), null, "11"],
    ]);
  });

  it("never takes a cancelled authorization for a paid one, not even with a transfer directly after it", async () => {
    const nonce = freshNonce();
    await cancel(nonce);
    const state = { address: USDC.address, abi: usdcAbi, functionName: "authorizationState" } as const;
    expect(await onBase.client.readContract({ ...state, args: [second.address, nonce] })).toBe(true);
    const other = freshNonce();
    const transfer = await pull(second.address, 4n);
    const receipt = await batched([{ target: USDC.address, callData: await cancelCall(other) }, transfer]);
    expect(receipt.logs.map(({ topics }) => topics[0])).toEqual([
      toEventSelector("AuthorizationCanceled(address,bytes32)"),
      toEventSelector("Transfer(address,address,uint256)"),
    ]);
    expect(await settledIn(receipt)).toEqual([[lower(second.address), null, "4"]]);
    const found = await query(databaseUrl, "select from onchain.settlement where nonce = any($1)", [[nonce, other]]);
    expect(found).toEqual([]);
  });

  it("believes no other contract that logs the use of an authorization", async () => {
    const nonce = freshNonce();
    const callData = encodeAbiParameters([{ type: "bytes32" }, { type: "bytes32" }], [pad(second.address), nonce]);
    const receipt = await batched([{ target: IMPOSTOR, callData }, await pull(second.address, 6n)]);
    expect(receipt.logs[0]?.topics).toEqual([
      toEventSelector("AuthorizationUsed(address,bytes32)"),
      pad(lower(second.address) as Hex),
      nonce,
    ]);
    expect(await settledIn(receipt)).toEqual([[lower(second.address), null, "6"]]);
  });

  it("ignores what goes to anybody else, and what leaves the receiver", async () => {
    const elsewhere = { receiver: { ...onBase.receiver, address: TREASURY } };
    const authorization = await authorize(elsewhere);
    expect(await settledIn(await send(onBase, USDC.address, carried(elsewhere, authorization)))).toEqual([]);
    await settle(onBase, { amount: REFUND_LIMIT + 2n });
    const data = encodeFunctionData({ abi: settlementReceiverAbi, functionName: "sweep" });
    expect(await settledIn(await send(onBase, onBase.receiver.address, data))).toEqual([]);
  });

  it("counts what was refunded to its payer, and what was not", async () => {
    const payer = payerNo(3);
    const { nonce } = await settle(onBase, { payer, amount: 100n });
    await settle(onBase, { payer, amount: 20n });
    const args = [payer.address, nonce, 60n] as const;
    const data = encodeFunctionData({ abi: settlementReceiverAbi, functionName: "refund", args });
    const { blockNumber } = await send(onBase, onBase.receiver.address, data);
    await expectSettled(databaseUrl, onBase);
    const text = "select deposited, refunded, count, last_block from onchain.balance where payer = $1";
    expect(await query(databaseUrl, text, [lower(payer.address)])).toEqual([
      { deposited: "120", refunded: "60", count: 2, last_block: String(blockNumber) },
    ]);
  });

  async function cancelCall(nonce: Hex): Promise<Hex> {
    const args = [second.address, nonce, await signCancellation(USDC, second, nonce)] as const;
    return encodeFunctionData({ abi: usdcAbi, functionName: "cancelAuthorization", args });
  }

  const cancel = async (nonce: Hex) => send(onBase, USDC.address, await cancelCall(nonce));
});
