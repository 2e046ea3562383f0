import { getAddress, parseEther, zeroAddress } from "viem";
import { describe, expect, it } from "vitest";
import { expectRevert, OPEN_ID, useWorld } from "./world.ts";

const amount = parseEther("1");
const fee = amount / 100n;
const world = await useWorld(async (world) => {
  const { gateway, token, merchant, asPayer } = world;
  await world.fund(amount);
  await gateway.write.payFor([OPEN_ID, merchant.account.address, token.address, amount], asPayer);
  await gateway.write.payNativeFor([OPEN_ID, merchant.account.address], { ...asPayer, value: amount });
});
const { gateway, token, viem } = world;
const treasury = world.treasury.account.address;
const asStranger = { account: world.stranger.account };

describe("sweep", () => {
  describe("of the native coin", () => {
    it("sends all but one wei to the fee recipient, whoever calls", async () => {
      await viem.assertions.balancesHaveChanged(gateway.write.sweep([zeroAddress], asStranger), [
        { address: treasury, amount: fee - 1n },
        { address: gateway.address, amount: 1n - fee },
      ]);
    });

    it("emits Swept", async () => {
      const swept = [zeroAddress, getAddress(treasury), fee - 1n] as const;
      await viem.assertions.emitWithArgs(gateway.write.sweep([zeroAddress], asStranger), gateway, "Swept", [...swept]);
    });

    it("reverts with NothingToSweep when one wei is left", async () => {
      await gateway.write.sweep([zeroAddress], asStranger);
      await expectRevert(world, gateway.write.sweep([zeroAddress], asStranger), ["NothingToSweep", zeroAddress]);
    });

    it("sweeps a balance of two wei", async () => {
      await world.networkHelpers.setBalance(gateway.address, 2n);
      await viem.assertions.balancesHaveChanged(gateway.write.sweep([zeroAddress], asStranger), [
        { address: treasury, amount: 1n },
      ]);
    });

    it("reverts with NativeTransferFailed when the fee recipient refuses", async () => {
      const wall = (await viem.deployContract("RejectingReceiver")).address;
      await gateway.write.setFeeRecipient([wall], { account: world.owner.account });
      const sweep = gateway.write.sweep([zeroAddress], asStranger);
      await expectRevert(world, sweep, ["NativeTransferFailed", getAddress(wall), fee - 1n]);
    });
  });

  describe("of a token", () => {
    it("sends all but one unit to the fee recipient, whoever calls", async () => {
      await gateway.write.sweep([token.address], asStranger);
      expect(await token.read.balanceOf([treasury])).toBe(fee - 1n);
      expect(await token.read.balanceOf([gateway.address])).toBe(1n);
    });

    it("emits Swept", async () => {
      const swept = [getAddress(token.address), getAddress(treasury), fee - 1n] as const;
      await viem.assertions.emitWithArgs(gateway.write.sweep([token.address], asStranger), gateway, "Swept", [
        ...swept,
      ]);
    });

    it("reverts with NothingToSweep when one unit is left", async () => {
      await gateway.write.sweep([token.address], asStranger);
      const again = gateway.write.sweep([token.address], asStranger);
      await expectRevert(world, again, ["NothingToSweep", getAddress(token.address)]);
    });

    it("reverts with SafeERC20FailedOperation when the token says no", async () => {
      const liar = await viem.deployContract("FalseToken");
      await liar.write.mint([gateway.address, 10n]);
      const sweep = gateway.write.sweep([liar.address], asStranger);
      await expectRevert(world, sweep, ["SafeERC20FailedOperation", getAddress(liar.address)]);
    });
  });

  it("works while payments are paused", async () => {
    await gateway.write.pause({ account: world.owner.account });
    await gateway.write.sweep([zeroAddress], asStranger);
    await gateway.write.sweep([token.address], asStranger);
    expect(await token.read.balanceOf([treasury])).toBe(fee - 1n);
  });
});
