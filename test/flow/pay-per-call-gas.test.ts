import type { Address, Hex } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PAYMENT } from "../../api/limits.ts";
import { MOST_IN_BATCH } from "../../api/providers/facilitator/batcher.ts";
import { isIn, transactionOf } from "../../api/providers/facilitator/transfer.ts";
import { USDC } from "../indexer/base.ts";
import { deploy, PAYER } from "../indexer/chain.ts";
import { hurriedClock, movedInTest, type Payment, payerNo, type Settling, startSettling } from "./settling.ts";

let settling: Settling;
beforeAll(async () => {
  settling = await startSettling();
  await settling.onBase.usdc.mint(payerNo(0).address, 1_000n);
});
afterAll(() => settling?.stop());

const since = movedInTest(() => settling);
const verify = ({ payload, requirements }: Payment, by = settling.facilitator) => by.verify(payload, requirements);
const settle = ({ payload, requirements }: Payment, by = settling.facilitator) => by.settle(payload, requirements);
const unknown = { ok: "unknown" };

describe("a full batch", () => {
  it("does not fall with the longest signatures, of wallets that burn all gas", async () => {
    const { client, receiver } = settling.onBase;
    const contracts = { usdc: USDC.address, receiver: receiver.address };
    const { address } = await deploy(client, "test/mocks/PayerWallets.sol/BurningWallet");
    await settling.onBase.usdc.mint(address, 1_000n);
    const longest: Hex = `0x${"ff".repeat(PAYMENT.signatureBytes)}`;
    const burning = { from: address, wrap: () => longest };
    const burners = Array.from({ length: MOST_IN_BATCH - 1 }, () => settling.payment(burning));
    const batch = await Promise.all([...burners, settling.payment()]);
    const transfers = batch.map(({ authorization, payload }) => {
      const [value, validAfter] = [BigInt(authorization.value), BigInt(authorization.validAfter)];
      const validBefore = BigInt(authorization.validBefore);
      return { ...authorization, value, validAfter, validBefore, signature: payload.payload.signature as Hex };
    });
    const transaction = transactionOf(transfers, contracts);
    expect(transaction.gas).toBeLessThan(2n ** 24n);
    const hash = await client.sendTransaction({ ...transaction, account: PAYER, chain: null });
    const receipt = await client.waitForTransactionReceipt({ hash });
    expect([receipt.status, receipt.gasUsed > 11_000_000n]).toEqual(["success", true]);
    expect(transfers.map((transfer) => isIn(receipt, transfer, contracts))).toEqual([...Array(39).fill(false), true]);
  });
});

describe("a transaction that no block takes", () => {
  it("is sent again for more, under the same number", async () => {
    const { client } = settling.onBase;
    const hurried = await settling.another({ clock: hurriedClock(40) });
    await client.setAutomine(false);
    const settled = settle(await settling.payment(), hurried);
    const pending = async () => (await poolOf(client, settling.settler)).map(({ maxFeePerGas }) => maxFeePerGas);
    await expect.poll(async () => (await pending()).length).toBe(1);
    const [first = 0n] = await pending();
    await expect.poll(async () => ((await pending())[0] ?? 0n) > first, { timeout: 10_000 }).toBe(true);
    await client.mine({ blocks: 1 });
    await client.setAutomine(true);
    expect(await settled).toMatchObject({ ok: true });
    expect(await since()).toEqual({ received: 5n, sent: 1 });
  });
});

describe("gas that costs more than the operator pays", () => {
  it("takes no payment on, sends nothing, and says why", async () => {
    const thrifty = await settling.another({ maxFeeWei: 1n });
    const payment = await settling.payment();
    expect([await verify(payment, thrifty), await settle(payment, thrifty)]).toEqual([unknown, unknown]);
    expect(await thrifty.health()).toBe(false);
    expect(settling.logs.join()).toContain('"cause":"TooExpensive"');
    expect(await since()).toEqual({ received: 0n, sent: 0 });
    // What is not valid is not valid at any price.
    const uncovered = await settling.payment({ value: 1_000_000n });
    expect(await verify(uncovered, thrifty)).toEqual({ ok: false, reason: "insufficient_funds" });
    expect(await settle(payment)).toMatchObject({ ok: true });
  });

  it("is not paid for what is stuck either", async () => {
    const { client } = settling.onBase;
    const { maxFeePerGas: maxFeeWei } = await client.estimateFeesPerGas();
    const hurried = await settling.another({ clock: hurriedClock(40), maxFeeWei });
    await client.setAutomine(false);
    const settled = settle(await settling.payment(), hurried);
    expect(await settled).toEqual(unknown);
    const offers = (await poolOf(client, settling.settler)).map(({ maxFeePerGas }) => maxFeePerGas <= maxFeeWei);
    await client.mine({ blocks: 1 });
    await client.setAutomine(true);
    expect(offers).toEqual([true]);
    expect(await since()).toEqual({ received: 5n, sent: 1 });
  });
});

/** What an account has waiting for a block. */
async function poolOf(client: Settling["onBase"]["client"], account: Address): Promise<{ maxFeePerGas: bigint }[]> {
  const { pending } = (await client.request({ method: "txpool_content" } as never)) as Pool;
  const own = Object.entries(pending).find(([from]) => from.toLowerCase() === account.toLowerCase())?.[1] ?? {};
  return Object.values(own).map(({ maxFeePerGas }) => ({ maxFeePerGas: BigInt(maxFeePerGas) }));
}

type Pool = { pending: Record<string, Record<string, { maxFeePerGas: Hex }>> };
