import { getAddress } from "viem";
import { describe, expect, it } from "vitest";
import { DAY_SEC, expectRevert, REFUND_LIMIT, settled, told, useWorld } from "./world.ts";

const DELAY = 2n * DAY_SEC;
const HIGHER = REFUND_LIMIT * 3n;
const world = await useWorld();
const { receiver, viem, payer } = world;
const asOwner = { account: world.owner.account };
const accept = () => receiver.write.acceptRefundLimit({ account: world.stranger.account });

/** Proposes a higher limit, and tells from when it may be accepted. */
async function propose(): Promise<bigint> {
  const now = (await world.nowSec()) + 100n;
  await world.mineAt(now);
  await receiver.write.setRefundLimit([HIGHER], asOwner);
  return now + DELAY;
}

describe("setRefundLimit", () => {
  describe("to less", () => {
    it("cuts it at once, and emits RefundLimitChanged", async () => {
      const cut = receiver.write.setRefundLimit([7n], asOwner);
      await viem.assertions.emitWithArgs(cut, receiver, "RefundLimitChanged", [7n]);
      expect(await receiver.read.refundLimit()).toBe(7n);
      expect(await receiver.read.refundable()).toBe(7n);
    });

    it("voids a rise that waits", async () => {
      await world.mineAt(await propose());
      await receiver.write.setRefundLimit([REFUND_LIMIT], asOwner);
      expect(await receiver.read.proposedRefundLimit()).toEqual([0n, 0n]);
      await expectRevert(world, accept(), ["NothingProposed"]);
    });

    it("leaves the treasury and what it waits for alone", async () => {
      await receiver.write.proposeTreasury([world.other.account.address], asOwner);
      await receiver.write.setRefundLimit([0n], asOwner);
      expect(await receiver.read.treasury()).toBe(getAddress(world.treasury.account.address));
      expect((await receiver.read.proposedTreasury())[0]).toBe(getAddress(world.other.account.address));
    });
  });

  describe("to more", () => {
    it("changes nothing yet, and emits RefundLimitProposed", async () => {
      const now = (await world.nowSec()) + 100n;
      await world.mineAt(now);
      expect(await told(world, receiver.write.setRefundLimit([REFUND_LIMIT + 1n], asOwner))).toEqual([
        ["RefundLimitProposed", { refundLimit: REFUND_LIMIT + 1n, acceptableFrom: now + DELAY }],
      ]);
      expect(await receiver.read.refundLimit()).toBe(REFUND_LIMIT);
      expect(await receiver.read.refundable()).toBe(REFUND_LIMIT);
      expect(await receiver.read.proposedRefundLimit()).toEqual([REFUND_LIMIT + 1n, now + DELAY]);
    });
  });

  it("to the same is no rise", async () => {
    const same = receiver.write.setRefundLimit([REFUND_LIMIT], asOwner);
    await viem.assertions.emitWithArgs(same, receiver, "RefundLimitChanged", [REFUND_LIMIT]);
  });

  it("reverts with OwnableUnauthorizedAccount for anyone but the owner", async () => {
    const call = receiver.write.setRefundLimit([0n], { account: world.operator.account });
    await expectRevert(world, call, ["OwnableUnauthorizedAccount", getAddress(world.operator.account.address)]);
  });
});

describe("acceptRefundLimit", () => {
  it("raises it, whoever calls, and emits RefundLimitChanged", async () => {
    await world.mineAt(await propose());
    await viem.assertions.emitWithArgs(accept(), receiver, "RefundLimitChanged", [HIGHER]);
    expect(await receiver.read.refundLimit()).toBe(HIGHER);
    expect(await receiver.read.treasury()).toBe(getAddress(world.treasury.account.address));
    const { nonce } = await settled(world);
    await world.circle.mint(receiver.address, HIGHER);
    await receiver.write.refund([payer.address, nonce, HIGHER], { account: world.operator.account });
    expect(await receiver.read.refundable()).toBe(0n);
  });

  it("works once", async () => {
    await world.mineAt(await propose());
    await accept();
    expect(await receiver.read.proposedRefundLimit()).toEqual([0n, 0n]);
    await expectRevert(world, accept(), ["NothingProposed"]);
  });

  it("reverts with TooEarly before the delay is over, to the second", async () => {
    const acceptableFrom = await propose();
    await world.mineAt(acceptableFrom - 1n);
    await expectRevert(world, accept(), ["TooEarly", acceptableFrom - 1n, acceptableFrom]);
  });

  it("reverts with NothingProposed when nothing was", async () => {
    await expectRevert(world, accept(), ["NothingProposed"]);
  });
});
