import { getAddress } from "viem";
import { describe, expect, it } from "vitest";
import { argsOf } from "./authorization.ts";
import { authorizationIn, expectRevert, PRICE, REFUND_LIMIT, settled, useWorld } from "./world.ts";

const world = await useWorld(({ circle, receiver }) => circle.mint(receiver.address, REFUND_LIMIT));
const { receiver, viem, usdc, payer } = world;
const asOwner = { account: world.owner.account };
const asStranger = { account: world.stranger.account };
const stranger = getAddress(world.stranger.account.address);

describe("pause", () => {
  it("is told by paused and emits Paused", async () => {
    expect(await receiver.read.paused()).toBe(false);
    await viem.assertions.emit(receiver.write.pause(asOwner), receiver, "Paused");
    expect(await receiver.read.paused()).toBe(true);
  });

  it("stops settle and settleBatch with SettlementsPaused", async () => {
    await receiver.write.pause(asOwner);
    const authorization = await authorizationIn(world);
    await expectRevert(world, receiver.write.settle(argsOf(authorization), asStranger), ["SettlementsPaused"]);
    await expectRevert(world, receiver.write.settleBatch([[authorization]], asStranger), ["SettlementsPaused"]);
    await expectRevert(world, receiver.write.settleBatch([[]], asStranger), ["SettlementsPaused"]);
  });

  it("stops neither refunds nor sweeps", async () => {
    const { nonce } = await settled(world);
    await receiver.write.pause(asOwner);
    await receiver.write.refund([payer.address, nonce, 1n], { account: world.operator.account });
    await receiver.write.sweep(asStranger);
    expect(await usdc.read.balanceOf([world.treasury.account.address])).toBe(PRICE - 2n);
  });

  it("stops no payment that is submitted straight to USDC", async () => {
    await receiver.write.pause(asOwner);
    const { from, value, validAfter, validBefore, nonce, signature } = await authorizationIn(world);
    const args = [from, receiver.address, value, validAfter, validBefore, nonce, signature] as const;
    await usdc.write.transferWithAuthorization(args);
    expect(await usdc.read.balanceOf([receiver.address])).toBe(REFUND_LIMIT + PRICE);
  });

  it("leaves the operator alone", async () => {
    await receiver.write.pause(asOwner);
    expect(await receiver.read.operator()).toBe(getAddress(world.operator.account.address));
  });

  it("reverts with OwnableUnauthorizedAccount for anyone but the owner", async () => {
    await expectRevert(world, receiver.write.pause(asStranger), ["OwnableUnauthorizedAccount", stranger]);
  });
});

describe("unpause", () => {
  it("lets settlements run again, is told by paused and emits Unpaused", async () => {
    await receiver.write.pause(asOwner);
    await viem.assertions.emit(receiver.write.unpause(asOwner), receiver, "Unpaused");
    expect(await receiver.read.paused()).toBe(false);
    await settled(world);
  });

  it("reverts with OwnableUnauthorizedAccount for anyone but the owner", async () => {
    await receiver.write.pause(asOwner);
    await expectRevert(world, receiver.write.unpause(asStranger), ["OwnableUnauthorizedAccount", stranger]);
  });
});
