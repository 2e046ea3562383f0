import { getAddress } from "viem";
import { describe, expect, it } from "vitest";
import { expectRevert, useWorld } from "./world.ts";

const world = await useWorld();
const { receiver, viem } = world;
const asOwner = { account: world.owner.account };
const [owner, heir] = [getAddress(world.owner.account.address), getAddress(world.other.account.address)];
const stranger = getAddress(world.stranger.account.address);

describe("transferOwnership", () => {
  it("changes nothing before the heir accepts, and emits OwnershipTransferStarted", async () => {
    const transfer = receiver.write.transferOwnership([heir], asOwner);
    await viem.assertions.emitWithArgs(transfer, receiver, "OwnershipTransferStarted", [owner, heir]);
    expect(await receiver.read.owner()).toBe(owner);
    expect(await receiver.read.pendingOwner()).toBe(heir);
  });

  it("reverts with OwnableUnauthorizedAccount for anyone but the owner", async () => {
    const transfer = receiver.write.transferOwnership([heir], { account: world.stranger.account });
    await expectRevert(world, transfer, ["OwnableUnauthorizedAccount", stranger]);
  });
});

describe("acceptOwnership", () => {
  it("makes the heir the owner and emits OwnershipTransferred", async () => {
    await receiver.write.transferOwnership([heir], asOwner);
    const accept = receiver.write.acceptOwnership({ account: world.other.account });
    await viem.assertions.emitWithArgs(accept, receiver, "OwnershipTransferred", [owner, heir]);
    expect(await receiver.read.owner()).toBe(heir);
    await expectRevert(world, receiver.write.pause(asOwner), ["OwnableUnauthorizedAccount", owner]);
  });

  it("reverts with OwnableUnauthorizedAccount for anyone but the heir", async () => {
    await receiver.write.transferOwnership([heir], asOwner);
    const accept = receiver.write.acceptOwnership({ account: world.stranger.account });
    await expectRevert(world, accept, ["OwnableUnauthorizedAccount", stranger]);
  });
});

describe("renounceOwnership", () => {
  it.each([
    ["the owner", world.owner],
    ["a stranger", world.stranger],
  ])("reverts with RenounceDisabled for %s", async (_, { account }) => {
    await expectRevert(world, receiver.read.renounceOwnership({ account: account.address }), ["RenounceDisabled"]);
    expect(await receiver.read.owner()).toBe(owner);
  });
});
