import { getAddress } from "viem";
import { describe, expect, it } from "vitest";
import { expectRevert, FEE_BPS, useWorld } from "./world.ts";

const world = await useWorld();
const { gateway, viem } = world;
const asOwner = { account: world.owner.account };
const asStranger = { account: world.stranger.account };
const stranger = getAddress(world.stranger.account.address);

describe("pause", () => {
  it("is told by paused and emits Paused", async () => {
    expect(await gateway.read.paused()).toBe(false);
    await viem.assertions.emit(gateway.write.pause(asOwner), gateway, "Paused");
    expect(await gateway.read.paused()).toBe(true);
  });

  it("stops neither views nor the owner", async () => {
    await gateway.write.pause(asOwner);
    expect(await gateway.read.quoteFee([10_000n])).toEqual([BigInt(FEE_BPS), 10_000n - BigInt(FEE_BPS)]);
    await gateway.write.setFeeBps([0], asOwner);
    expect(await gateway.read.feeBps()).toBe(0);
  });

  it("reverts with OwnableUnauthorizedAccount for anyone but the owner", async () => {
    await expectRevert(world, gateway.write.pause(asStranger), ["OwnableUnauthorizedAccount", stranger]);
  });
});

describe("unpause", () => {
  it("is told by paused and emits Unpaused", async () => {
    await gateway.write.pause(asOwner);
    await viem.assertions.emit(gateway.write.unpause(asOwner), gateway, "Unpaused");
    expect(await gateway.read.paused()).toBe(false);
  });

  it("reverts with OwnableUnauthorizedAccount for anyone but the owner", async () => {
    await expectRevert(world, gateway.write.unpause(asStranger), ["OwnableUnauthorizedAccount", stranger]);
  });
});
