import { type Address, getAddress, maxUint256, parseEther, parseEventLogs, zeroAddress } from "viem";
import { describe, expect, it } from "vitest";
import { paymentGatewayAbi } from "../../contracts/abi.ts";
import { describePaymentChecks } from "./payment-checks.ts";
import { boundIdIn, expectRevert, OPEN_ID, useWorld } from "./world.ts";

const amount = parseEther("1");
const net = amount - amount / 100n;
const world = await useWorld((world) => world.fund(amount * 10n));
const { gateway, token, viem, asPayer } = world;
const [merchant, other] = [world.merchant.account.address, world.other.account.address];

const entry = (to: Address, of: Address = zeroAddress) => ({ sessionId: OPEN_ID, merchant: to, token: of, amount });

describe("payBatch", () => {
  describe("of one native payment", () => {
    describePaymentChecks({
      world,
      token: zeroAddress,
      pay: (asked) => gateway.write.payBatch([[{ ...asked, token: zeroAddress }]], { ...asPayer, value: asked.amount }),
    });
  });

  describe("of one token payment", () => {
    describePaymentChecks({
      world,
      token: token.address,
      pay: (asked) => gateway.write.payBatch([[{ ...asked, token: token.address }]], asPayer),
    });
  });

  it("pays each merchant in each currency and emits one Paid each, in order", async () => {
    const payments = [entry(merchant), entry(other, token.address), entry(other)];
    const pay = gateway.write.payBatch([payments], { ...asPayer, value: amount * 2n });
    await viem.assertions.balancesHaveChanged(pay, [
      { address: merchant, amount: net },
      { address: other, amount: net },
      { address: gateway.address, amount: (amount - net) * 2n },
    ]);
    expect(await token.read.balanceOf([other])).toBe(net);
    const { logs } = await world.client.getTransactionReceipt({ hash: await pay });
    const paid = parseEventLogs({ abi: paymentGatewayAbi, eventName: "Paid", logs });
    expect(paid.map(({ args }) => [args.merchant, args.token, args.amountNet])).toEqual(
      payments.map((payment) => [getAddress(payment.merchant), getAddress(payment.token), net]),
    );
  });

  it("does nothing for an empty batch", async () => {
    await viem.assertions.balancesHaveChanged(gateway.write.payBatch([[]], asPayer), [
      { address: gateway.address, amount: 0n },
    ]);
  });

  describe("when the coins sent are not the sum of the native payments", () => {
    it.each([
      ["too few", amount * 2n - 1n],
      ["too many", amount * 2n + 1n],
      ["none", 0n],
    ])("reverts with ValueMismatch for %s, whatever the gateway holds", async (_, value) => {
      await gateway.write.payNativeFor([OPEN_ID, merchant], { ...asPayer, value: amount * 300n });
      const payments = [entry(merchant), entry(other, token.address), entry(other)];
      const pay = gateway.write.payBatch([payments], { ...asPayer, value });
      await expectRevert(world, pay, ["ValueMismatch", value, amount * 2n]);
    });

    it("reverts for coins with an empty batch", async () => {
      await expectRevert(world, gateway.write.payBatch([[]], { ...asPayer, value: 1n }), ["ValueMismatch", 1n, 0n]);
    });

    it("reverts when the sum overflows", async () => {
      const payments = [
        { ...entry(merchant), amount: maxUint256 },
        { ...entry(merchant), amount: 2n },
      ];
      await expect(gateway.write.payBatch([payments], { ...asPayer, value: 1n })).rejects.toThrow(/overflow/i);
    });
  });

  describe("when one payment fails", () => {
    it("makes none of them", async () => {
      const wall = (await viem.deployContract("RejectingReceiver")).address;
      const id = await boundIdIn(world);
      const payments = [{ ...entry(merchant), sessionId: id }, entry(wall)];
      const pay = gateway.write.payBatch([payments], { ...asPayer, value: amount * 2n });
      await expectRevert(world, pay, ["NativeTransferFailed", getAddress(wall), net]);
      expect(await gateway.read.isPaid([id, merchant, zeroAddress, amount])).toBe(false);
    });
  });
});
