import { getAddress, zeroAddress } from "viem";
import { describe, expect, it } from "vitest";
import { expectRevert, settled, useWorld } from "./world.ts";

const world = await useWorld();
const { receiver, viem, payer } = world;
const asOwner = { account: world.owner.account };
const next = getAddress(world.other.account.address);

describe("setOperator", () => {
  it("puts another in place of the old one, and emits OperatorChanged", async () => {
    await viem.assertions.emitWithArgs(receiver.write.setOperator([next], asOwner), receiver, "OperatorChanged", [
      next,
    ]);
    expect(await receiver.read.operator()).toBe(next);
    const { nonce } = await settled(world);
    const byOld = receiver.write.refund([payer.address, nonce, 1n], { account: world.operator.account });
    await expectRevert(world, byOld, ["NotOperator", getAddress(world.operator.account.address), next]);
    await receiver.write.refund([payer.address, nonce, 1n], { account: world.other.account });
  });

  it("says with zero that nobody refunds", async () => {
    await receiver.write.setOperator([zeroAddress], asOwner);
    const { nonce } = await settled(world);
    const call = receiver.write.refund([payer.address, nonce, 1n], { account: world.operator.account });
    await expectRevert(world, call, ["NotOperator", getAddress(world.operator.account.address), zeroAddress]);
  });

  it("leaves the pause alone", async () => {
    await receiver.write.pause(asOwner);
    await receiver.write.setOperator([next], asOwner);
    expect(await receiver.read.paused()).toBe(true);
  });

  it("reverts with OwnableUnauthorizedAccount for anyone but the owner", async () => {
    const call = receiver.write.setOperator([next], { account: world.operator.account });
    await expectRevert(world, call, ["OwnableUnauthorizedAccount", getAddress(world.operator.account.address)]);
  });
});
