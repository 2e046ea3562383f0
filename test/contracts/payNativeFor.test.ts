import { getAddress, parseEther, zeroAddress } from "viem";
import { describe, expect, it } from "vitest";
import { describePaymentChecks } from "./payment-checks.ts";
import { boundIdIn, expectRevert, OPEN_ID, useWorld } from "./world.ts";

const world = await useWorld();
const { gateway, viem, asPayer } = world;
const [payer, merchant] = [world.payer.account.address, world.merchant.account.address];
const value = parseEther("1");
const fee = value / 100n;

describe("payNativeFor", () => {
  describePaymentChecks({
    world,
    token: zeroAddress,
    pay: ({ sessionId, merchant, amount }) =>
      gateway.write.payNativeFor([sessionId, merchant], { ...asPayer, value: amount }),
  });

  it("emits Paid with payer, merchant, token zero, gross, fee and net", async () => {
    const id = await boundIdIn(world);
    await viem.assertions.emitWithArgs(
      gateway.write.payNativeFor([id, merchant], { ...asPayer, value }),
      gateway,
      "Paid",
      [id, getAddress(payer), getAddress(merchant), zeroAddress, value, fee, value - fee],
    );
  });

  it("moves net to the merchant and leaves the fee in the gateway", async () => {
    const pay = gateway.write.payNativeFor([OPEN_ID, merchant], { ...asPayer, value });
    await viem.assertions.balancesHaveChanged(pay, [
      { address: payer, amount: -value },
      { address: merchant, amount: value - fee },
      { address: gateway.address, amount: fee },
    ]);
  });

  it("takes no fee from an amount too small for one", async () => {
    const pay = gateway.write.payNativeFor([OPEN_ID, merchant], { ...asPayer, value: 99n });
    await viem.assertions.balancesHaveChanged(pay, [{ address: merchant, amount: 99n }]);
    expect(await world.balanceOf(gateway.address)).toBe(0n);
  });

  describe("when the merchant refuses the coin", () => {
    it("reverts with NativeTransferFailed, and the id stays payable", async () => {
      const wall = (await viem.deployContract("RejectingReceiver")).address;
      const id = await boundIdIn(world, { merchant: wall });
      const pay = gateway.write.payNativeFor([id, wall], { ...asPayer, value });
      await expectRevert(world, pay, ["NativeTransferFailed", getAddress(wall), value - fee]);
      expect(await gateway.read.isPaid([id, wall, zeroAddress, value])).toBe(false);
    });
  });

  it("refuses coins that come without a call", async () => {
    await expect(world.payer.sendTransaction({ to: gateway.address, value: 1n })).rejects.toThrow(/revert/);
  });
});
