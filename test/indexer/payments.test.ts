import { encodeAbiParameters, type Hex, keccak256, maxUint256, numberToHex, parseAbi, zeroAddress } from "viem";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { paymentGatewayAbi } from "../../contracts/abi.ts";
import { freshDatabase } from "../support/database.ts";
import { deploy, MERCHANT, openId, PAYER, payNative, startTestChain, type TestChain } from "./chain.ts";
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

  const sessionsOf = (id: Hex) => query(databaseUrl, "select * from onchain.session where session_id = $1", [id]);

  it("holds a payment as soon as its block is mined", async () => {
    const receipt = await payNative(chain, { sessionId: openId("one"), amountWei: 10_000n });
    const block = await chain.client.getBlock({ blockNumber: receipt.blockNumber });
    await caughtUp(databaseUrl, chain);

    const common = { chain_id: 43114, session_id: openId("one"), merchant: MERCHANT, token: zeroAddress };
    const [number, time] = [String(receipt.blockNumber), String(block.timestamp)];
    const payer = PAYER.address.toLowerCase();
    expect(await query(databaseUrl, "select * from onchain.payment")).toEqual([
      {
        ...common,
        tx_hash: receipt.transactionHash,
        log_index: 0,
        payer,
        amount_gross: "10000",
        fee: "100",
        amount_net: "9900",
        block_number: number,
        block_time: time,
      },
    ]);
    expect(await sessionsOf(openId("one"))).toEqual([
      {
        ...common,
        amount_gross: "10000",
        payments: 1,
        first_block: number,
        first_time: time,
        first_payer: payer,
        last_block: number,
        last_time: time,
      },
    ]);
  });

  it("tells two payments in one transaction apart and sums them", async () => {
    const terms = { sessionId: openId("twice"), merchant: MERCHANT, token: zeroAddress };
    const hash = await chain.client.writeContract({
      chain: null,
      address: chain.gateway.address,
      abi: paymentGatewayAbi,
      functionName: "payBatch",
      args: [
        [
          { ...terms, amount: 700n },
          { ...terms, amount: 300n },
        ],
      ],
      value: 1_000n,
    });
    await chain.client.waitForTransactionReceipt({ hash });
    await caughtUp(databaseUrl, chain);

    const rows = "select log_index, amount_gross from onchain.payment where tx_hash = $1 order by 1";
    expect(await query(databaseUrl, rows, [hash])).toEqual([
      { log_index: 0, amount_gross: "700" },
      { log_index: 1, amount_gross: "300" },
    ]);
    expect(await sessionsOf(openId("twice"))).toMatchObject([{ amount_gross: "1000", payments: 2 }]);
  });

  it("keeps sessions of one id apart by merchant and by token", async () => {
    const token = await deployToken(chain);
    await setBalance(chain, { token, holder: PAYER.address, amount: 5n });
    await payToken(chain, { token, sessionId: openId("apart"), amount: 5n });
    await payNative(chain, { sessionId: openId("apart"), amountWei: 6n });
    await payNative(chain, {
      sessionId: openId("apart"),
      amountWei: 7n,
      merchant: chain.gateway.address.replace(/.$/, "0") as Hex,
    });
    await caughtUp(databaseUrl, chain);

    const sessions = await sessionsOf(openId("apart"));
    expect(sessions.map((row) => (row as { amount_gross: string }).amount_gross).sort()).toEqual(["5", "6", "7"]);
  });

  it("stops a sum at the largest uint256, which a token of an attacker's own making can pass", async () => {
    const token = await deployToken(chain);
    await setFee(chain, 0);
    for (let i = 0; i < 10; i++) {
      await setBalance(chain, { token, holder: PAYER.address, amount: maxUint256 });
      await setBalance(chain, { token, holder: MERCHANT, amount: 0n });
      await payToken(chain, { token, sessionId: openId("hoax"), amount: maxUint256 });
    }
    await setFee(chain, 100);
    await caughtUp(databaseUrl, chain);
    expect(await sessionsOf(openId("hoax"))).toMatchObject([{ amount_gross: String(maxUint256), payments: 10 }]);
  });

  it("ignores the same event from any other contract", async () => {
    const impostor = await deploy(chain.client, "contracts/PaymentGateway.sol/PaymentGateway", [
      PAYER.address,
      PAYER.address,
      0,
    ]);
    const gateway = { ...chain.gateway, address: impostor.address };
    await payNative({ client: chain.client, gateway }, { sessionId: openId("fake") });
    await caughtUp(databaseUrl, chain);
    expect(await sessionsOf(openId("fake"))).toEqual([]);
  });

  it("takes a row back when a reorg takes its block back", async () => {
    await payNative(chain, { sessionId: openId("stays"), amountWei: 1n });
    const snapshot = await chain.client.snapshot();
    await payNative(chain, { sessionId: openId("stays"), amountWei: 2n });
    await payNative(chain, { sessionId: openId("goes"), amountWei: 3n });
    await caughtUp(databaseUrl, chain);
    expect(await sessionsOf(openId("goes"))).toHaveLength(1);

    await chain.client.revert({ id: snapshot });
    await chain.client.mine({ blocks: 4, interval: 3 });
    await caughtUp(databaseUrl, chain);
    await expect.poll(() => sessionsOf(openId("goes"))).toEqual([]);
    expect(await sessionsOf(openId("stays"))).toMatchObject([{ amount_gross: "1", payments: 1 }]);
  });
});

const erc20 = parseAbi(["function approve(address spender, uint256 amount)"]);
const owned = parseAbi(["function setFeeBps(uint16 newFeeBps)"]);

async function deployToken({ client }: TestChain): Promise<Hex> {
  return (await deploy(client, "test/mocks/DemoToken.sol/DemoToken", ["Hoax", "HOAX"])).address;
}

type Holding = { token: Hex; holder: Hex; amount: bigint };

/** Straight into the token's storage, as a token whose author lies would do it. */
async function setBalance({ client }: TestChain, { token, holder, amount }: Holding): Promise<void> {
  const index = keccak256(encodeAbiParameters([{ type: "address" }, { type: "uint256" }], [holder, 0n]));
  await client.setStorageAt({ address: token, index, value: numberToHex(amount, { size: 32 }) });
}

async function setFee({ client, gateway }: TestChain, feeBps: number): Promise<void> {
  const call = {
    chain: null,
    address: gateway.address,
    abi: owned,
    functionName: "setFeeBps",
    args: [feeBps],
  } as const;
  await client.waitForTransactionReceipt({ hash: await client.writeContract(call) });
}

type TokenPayment = { token: Hex; sessionId: Hex; amount: bigint };

async function payToken({ client, gateway }: TestChain, { token, sessionId, amount }: TokenPayment): Promise<void> {
  const approve = {
    chain: null,
    address: token,
    abi: erc20,
    functionName: "approve",
    args: [gateway.address, amount],
  } as const;
  await client.waitForTransactionReceipt({ hash: await client.writeContract(approve) });
  const pay = {
    chain: null,
    address: gateway.address,
    abi: paymentGatewayAbi,
    functionName: "payFor",
    args: [sessionId, MERCHANT, token, amount],
  } as const;
  await client.waitForTransactionReceipt({ hash: await client.writeContract(pay) });
}
