import { getAddress, zeroAddress } from "viem";
import { describe, expect, it } from "vitest";
import { DAY_SEC, expectRevert, REFUND_LIMIT, useWorld } from "./world.ts";

const DELAY = 2n * DAY_SEC;
const world = await useWorld();
const { receiver, viem, usdc } = world;
const asOwner = { account: world.owner.account };
const asHeir = { account: world.other.account };
const [treasury, heir, stranger] = [world.treasury, world.other, world.stranger].map(({ account }) =>
  getAddress(account.address),
) as [`0x${string}`, `0x${string}`, `0x${string}`];

/** Proposes the heir, and tells from when he may accept. */
async function propose(): Promise<bigint> {
  const now = (await world.nowSec()) + 100n;
  await world.mineAt(now);
  await receiver.write.proposeTreasury([heir], asOwner);
  return now + DELAY;
}

describe("proposeTreasury", () => {
  it("changes nothing yet, and emits TreasuryProposed", async () => {
    const now = (await world.nowSec()) + 100n;
    await world.mineAt(now);
    const call = receiver.write.proposeTreasury([heir], asOwner);
    await viem.assertions.emitWithArgs(call, receiver, "TreasuryProposed", [heir, now + DELAY]);
    expect(await receiver.read.treasury()).toBe(treasury);
    expect(await receiver.read.proposedTreasury()).toEqual([heir, now + DELAY]);
  });

  it("takes the place of an earlier proposal, whose delay does not count", async () => {
    await receiver.write.proposeTreasury([stranger], asOwner);
    const acceptableFrom = await propose();
    await expectRevert(world, receiver.write.acceptTreasury({ account: world.stranger.account }), [
      "NotProposedTreasury",
      stranger,
      heir,
    ]);
    await world.mineAt(acceptableFrom - 1n);
    await expectRevert(world, receiver.write.acceptTreasury(asHeir), ["TooEarly", acceptableFrom - 1n, acceptableFrom]);
  });

  it.each([
    ["zero", zeroAddress],
    ["the receiver", receiver.address],
    ["USDC", usdc.address],
  ])("reverts with InvalidTreasury for %s", async (_, address) => {
    const call = receiver.write.proposeTreasury([address], asOwner);
    await expectRevert(world, call, ["InvalidTreasury", getAddress(address)]);
  });

  it("reverts with OwnableUnauthorizedAccount for anyone but the owner", async () => {
    const call = receiver.write.proposeTreasury([heir], { account: world.stranger.account });
    await expectRevert(world, call, ["OwnableUnauthorizedAccount", stranger]);
  });
});

describe("acceptTreasury", () => {
  it("sends sweeps to the caller, and emits TreasuryChanged", async () => {
    await world.mineAt(await propose());
    await viem.assertions.emitWithArgs(receiver.write.acceptTreasury(asHeir), receiver, "TreasuryChanged", [heir]);
    expect(await receiver.read.treasury()).toBe(heir);
    await world.circle.mint(receiver.address, REFUND_LIMIT + 6n);
    await receiver.write.sweep();
    expect(await usdc.read.balanceOf([heir])).toBe(5n);
  });

  it("leaves the refund limit alone", async () => {
    await world.mineAt(await propose());
    await receiver.write.acceptTreasury(asHeir);
    expect(await receiver.read.refundLimit()).toBe(REFUND_LIMIT);
  });

  it("works once", async () => {
    await world.mineAt(await propose());
    await receiver.write.acceptTreasury(asHeir);
    expect(await receiver.read.proposedTreasury()).toEqual([zeroAddress, 0n]);
    await expectRevert(world, receiver.write.acceptTreasury(asHeir), ["NotProposedTreasury", heir, zeroAddress]);
  });

  it("reverts with TooEarly before the delay is over, to the second", async () => {
    const acceptableFrom = await propose();
    await world.mineAt(acceptableFrom - 1n);
    await expectRevert(world, receiver.write.acceptTreasury(asHeir), ["TooEarly", acceptableFrom - 1n, acceptableFrom]);
  });

  it.each([
    ["the owner", world.owner],
    ["the treasury", world.treasury],
  ])("reverts with NotProposedTreasury for %s", async (_, { account }) => {
    await world.mineAt(await propose());
    const call = receiver.write.acceptTreasury({ account });
    await expectRevert(world, call, ["NotProposedTreasury", getAddress(account.address), heir]);
  });
});
