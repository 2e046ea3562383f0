import { getAddress, parseUnits } from "viem";
import { describe, expect, it } from "vitest";
import { signCancellation } from "./authorization.ts";
import {
  authorizationIn,
  DAY_SEC,
  expectRevert,
  FUNDS,
  PRICE,
  REFUND_LIMIT,
  settled,
  told,
  useWorld,
} from "./world.ts";

const RICH = parseUnits("1000", 6);
const world = await useWorld(({ circle, receiver }) => circle.mint(receiver.address, RICH));
const { receiver, usdc, payer } = world;
const asOperator = { account: world.operator.account };

const refund = async (amount: bigint, nonce?: `0x${string}`) =>
  receiver.write.refund([payer.address, nonce ?? (await settled(world, { value: 1n })).nonce, amount], asOperator);
const refundable = () => receiver.read.refundable();

describe("refund", () => {
  describe("of an authorization that was used", () => {
    it("sends the amount to the payer", async () => {
      const { nonce } = await settled(world);
      await refund(PRICE, nonce);
      expect(await usdc.read.balanceOf([payer.address])).toBe(FUNDS);
      expect(await usdc.read.balanceOf([receiver.address])).toBe(RICH);
      expect(await receiver.read.isRefunded([payer.address, nonce])).toBe(true);
    });

    it("emits Refunded, and nothing else", async () => {
      const { nonce } = await settled(world);
      expect(await told(world, refund(7n, nonce))).toEqual([["Refunded", { payer: payer.address, nonce, amount: 7n }]]);
    });

    it("refunds one nonce of a payer's and no other", async () => {
      const [one, other] = [await settled(world), await settled(world)];
      await refund(1n, one.nonce);
      expect(await receiver.read.isRefunded([payer.address, other.nonce])).toBe(false);
      expect(await receiver.read.isRefunded([world.stranger.account.address, one.nonce])).toBe(false);
      await refund(1n, other.nonce);
    });

    it("works for one that was submitted straight to USDC", async () => {
      const { from, value, validAfter, validBefore, nonce, signature } = await authorizationIn(world);
      const args = [from, receiver.address, value, validAfter, validBefore, nonce, signature] as const;
      await usdc.write.transferWithAuthorization(args);
      await refund(PRICE, nonce);
      expect(await usdc.read.balanceOf([payer.address])).toBe(FUNDS);
    });

    it("reverts with AlreadyRefunded the second time, be it for less or for the rest", async () => {
      const { nonce } = await settled(world);
      await refund(1n, nonce);
      for (const amount of [1n, PRICE - 1n]) {
        await expectRevert(world, refund(amount, nonce), ["AlreadyRefunded", payer.address, nonce]);
      }
      expect(await usdc.read.balanceOf([payer.address])).toBe(FUNDS - PRICE + 1n);
    });

    it("reverts with ZeroAmount for nothing", async () => {
      const { nonce } = await settled(world);
      await expectRevert(world, refund(0n, nonce), ["ZeroAmount"]);
      expect(await receiver.read.isRefunded([payer.address, nonce])).toBe(false);
    });

    it("leaves everything as it was when USDC refuses, as it does for a blacklisted payer", async () => {
      const { nonce } = await settled(world);
      await world.circle.blacklist(payer.address);
      await expect(refund(PRICE, nonce)).rejects.toThrow(/blacklisted/);
      expect(await receiver.read.isRefunded([payer.address, nonce])).toBe(false);
      expect(await refundable()).toBe(REFUND_LIMIT);
    });
  });

  describe("of an authorization that was not used", () => {
    it("reverts with AuthorizationUnused", async () => {
      const { nonce } = await authorizationIn(world);
      await expectRevert(world, refund(1n, nonce), ["AuthorizationUnused", payer.address, nonce]);
    });

    it("reverts with AuthorizationUnused where another payer used the same nonce", async () => {
      const { nonce } = await settled(world);
      const { address } = world.stranger.account;
      const call = receiver.write.refund([address, nonce, 1n], asOperator);
      await expectRevert(world, call, ["AuthorizationUnused", getAddress(address), nonce]);
    });

    it("cannot tell when it was cancelled: the operator must have seen the logs", async () => {
      const { nonce } = await authorizationIn(world);
      await usdc.write.cancelAuthorization([payer.address, nonce, await signCancellation(world.token, payer, nonce)]);
      await refund(1n, nonce);
      expect(await usdc.read.balanceOf([payer.address])).toBe(FUNDS + 1n);
    });
  });

  describe("by somebody else", () => {
    it.each([
      ["the owner", world.owner],
      ["a stranger", world.stranger],
    ])("reverts with NotOperator for %s", async (_, { account }) => {
      const { nonce } = await settled(world);
      const call = receiver.write.refund([payer.address, nonce, 1n], { account });
      await expectRevert(world, call, [
        "NotOperator",
        getAddress(account.address),
        getAddress(asOperator.account.address),
      ]);
    });
  });

  describe("over the limit", () => {
    it("refunds up to the limit in one", async () => {
      await refund(REFUND_LIMIT);
      expect(await refundable()).toBe(0n);
    });

    it("reverts with RefundLimitExceeded one unit above it", async () => {
      await expectRevert(world, refund(REFUND_LIMIT + 1n), ["RefundLimitExceeded", REFUND_LIMIT + 1n, REFUND_LIMIT]);
    });

    it("reverts with RefundLimitExceeded for an amount that no limit could hold", async () => {
      const most = 2n ** 256n - 1n;
      await expectRevert(world, refund(most), ["RefundLimitExceeded", most, REFUND_LIMIT]);
    });

    it("counts all refunds of 24 hours, whoever is the operator", async () => {
      await refund(PRICE);
      const { nonce } = await settled(world);
      await receiver.write.setOperator([world.other.account.address], { account: world.owner.account });
      const rest = REFUND_LIMIT - PRICE;
      const more = (amount: bigint) =>
        receiver.write.refund([payer.address, nonce, amount], { account: world.other.account });
      await expectRevert(world, more(rest + 1n), ["RefundLimitExceeded", rest + 1n, rest]);
      await more(rest);
      expect(await refundable()).toBe(0n);
    });

    it("frees what was refunded 24 hours ago, to the second, and no sooner", async () => {
      const nonces = [(await settled(world)).nonce, (await settled(world)).nonce, (await settled(world)).nonce];
      const first = (await world.nowSec()) + 100n;
      await world.mineAt(first);
      await refund(PRICE, nonces[0]);
      await world.mineAt(first + DAY_SEC / 2n);
      await refund(REFUND_LIMIT - PRICE, nonces[1]);
      await world.mineAt(first + DAY_SEC - 1n);
      await expectRevert(world, refund(1n, nonces[2]), ["RefundLimitExceeded", 1n, 0n]);
      await world.mineAt(first + DAY_SEC);
      await refund(PRICE, nonces[2]);
      expect(await refundable()).toBe(0n);
    });
  });
});

describe("refundable", () => {
  it("is what is left of the limit", async () => {
    await refund(7n);
    await refund(8n);
    expect(await refundable()).toBe(REFUND_LIMIT - 15n);
  });

  it("is zero, not less, when the limit was cut below what went out", async () => {
    await refund(100n);
    await receiver.write.setRefundLimit([99n], { account: world.owner.account });
    expect(await refundable()).toBe(0n);
  });
});
