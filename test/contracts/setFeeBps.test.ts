import { getAddress } from "viem";
import { describe, expect, it } from "vitest";
import { DAY_SEC, expectRevert, FEE_BPS, useWorld } from "./world.ts";

const world = await useWorld();
const { gateway, viem } = world;
const asOwner = { account: world.owner.account };
const NOW = (await world.nowSec()) + 100;
const NONE = [0, 0n] as const;

const set = async (feeBps: number, atSec: number) => {
  await world.mineAt(atSec);
  return gateway.write.setFeeBps([feeBps], asOwner);
};

/** The fee in a block of that time. */
const feeAt = async (atSec: number) => {
  await world.mineAt(atSec);
  await world.networkHelpers.mine();
  return gateway.read.feeBps();
};

describe("setFeeBps", () => {
  describe("when the fee is cut", () => {
    it("is in force at once", async () => {
      await set(FEE_BPS - 1, NOW);
      expect(await gateway.read.feeBps()).toBe(FEE_BPS - 1);
      expect(await gateway.read.pendingFee()).toEqual(NONE);
    });

    it("emits FeeChanged", async () => {
      await viem.assertions.emitWithArgs(set(0, NOW), gateway, "FeeChanged", [0]);
    });
  });

  describe("when the fee is raised", () => {
    it("emits FeeRiseScheduled", async () => {
      const scheduled = [FEE_BPS + 1, BigInt(NOW + DAY_SEC)] as const;
      await viem.assertions.emitWithArgs(set(FEE_BPS + 1, NOW), gateway, "FeeRiseScheduled", [...scheduled]);
    });

    it("stays as it was until the last second of the delay", async () => {
      await set(200, NOW);
      expect(await feeAt(NOW + DAY_SEC - 1)).toBe(FEE_BPS);
      expect(await gateway.read.pendingFee()).toEqual([200, BigInt(NOW + DAY_SEC)]);
    });

    it("is in force from then on", async () => {
      await set(200, NOW);
      expect(await feeAt(NOW + DAY_SEC)).toBe(200);
      expect(await gateway.read.pendingFee()).toEqual(NONE);
    });

    it("replaces a rise that waits, and waits anew", async () => {
      await set(300, NOW);
      await set(200, NOW + 1_000);
      expect(await feeAt(NOW + DAY_SEC)).toBe(FEE_BPS);
      expect(await feeAt(NOW + DAY_SEC + 1_000)).toBe(200);
    });

    it("counts from the fee in force, once an earlier rise is", async () => {
      await set(300, NOW);
      await set(400, NOW + DAY_SEC);
      expect(await gateway.read.feeBps()).toBe(300);
      await set(299, NOW + DAY_SEC + 1);
      expect(await gateway.read.feeBps()).toBe(299);
    });
  });

  describe("when the fee is set to what it is", () => {
    it("cancels a rise that waits", async () => {
      await set(300, NOW);
      await viem.assertions.emitWithArgs(set(FEE_BPS, NOW + 1), gateway, "FeeChanged", [FEE_BPS]);
      expect(await gateway.read.pendingFee()).toEqual(NONE);
      expect(await feeAt(NOW + DAY_SEC)).toBe(FEE_BPS);
    });
  });

  describe("when the fee reaches the cap", () => {
    it("accepts 10 %", async () => {
      await set(1_000, NOW);
      expect(await feeAt(NOW + DAY_SEC)).toBe(1_000);
      expect(await gateway.read.MAX_FEE_BPS()).toBe(1_000);
      expect(await gateway.read.FEE_RISE_DELAY()).toBe(DAY_SEC);
    });

    it("reverts with FeeTooHigh above", async () => {
      await expectRevert(world, set(1_001, NOW), ["FeeTooHigh", 1_001n, 1_000n]);
    });
  });

  it("keeps pause and fee recipient", async () => {
    await gateway.write.pause(asOwner);
    await set(200, NOW);
    await set(0, NOW + 1);
    expect(await gateway.read.paused()).toBe(true);
    expect(await gateway.read.feeRecipient()).toBe(getAddress(world.treasury.account.address));
  });

  it("reverts with OwnableUnauthorizedAccount for anyone but the owner", async () => {
    const call = gateway.write.setFeeBps([0], { account: world.stranger.account });
    await expectRevert(world, call, ["OwnableUnauthorizedAccount", getAddress(world.stranger.account.address)]);
  });
});
