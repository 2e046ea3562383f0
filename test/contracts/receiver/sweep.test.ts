import { getAddress } from "viem";
import { describe, expect, it } from "vitest";
import { createWorld, expectRevert, PRICE, REFUND_LIMIT, settled, told, useWorld } from "./world.ts";

const world = await useWorld(({ circle, receiver }) => circle.mint(receiver.address, REFUND_LIMIT + 1n));
const { receiver, usdc, circle } = world;
const treasury = getAddress(world.treasury.account.address);
const sweep = () => receiver.write.sweep({ account: world.stranger.account });

describe("sweep", () => {
  it("sends all but the refund limit and one unit to the treasury, whoever calls", async () => {
    await settled(world);
    await sweep();
    expect(await usdc.read.balanceOf([treasury])).toBe(PRICE);
    expect(await usdc.read.balanceOf([receiver.address])).toBe(REFUND_LIMIT + 1n);
  });

  it("emits Swept, and nothing else", async () => {
    await settled(world);
    expect(await told(world, sweep())).toEqual([["Swept", { treasury, amount: PRICE }]]);
  });

  it("sweeps one unit", async () => {
    await settled(world, { value: 1n });
    await sweep();
    expect(await usdc.read.balanceOf([treasury])).toBe(1n);
  });

  it("reverts with NothingToSweep when no more than that is there", async () => {
    const kept = REFUND_LIMIT + 1n;
    await expectRevert(world, sweep(), ["NothingToSweep", kept, kept]);
  });

  it("reverts with NothingToSweep when less is there", async () => {
    const poor = await createWorld();
    const call = poor.receiver.write.sweep({ account: poor.stranger.account });
    await expectRevert(poor, call, ["NothingToSweep", 0n, REFUND_LIMIT + 1n]);
  });

  it("leaves one unit when there are no refunds", async () => {
    await receiver.write.setRefundLimit([0n], { account: world.owner.account });
    await sweep();
    expect(await usdc.read.balanceOf([treasury])).toBe(REFUND_LIMIT);
    await expectRevert(world, sweep(), ["NothingToSweep", 1n, 1n]);
  });

  it("waits while Circle blacklists the treasury", async () => {
    await settled(world);
    await circle.blacklist(treasury);
    await expect(sweep()).rejects.toThrow(/blacklisted/);
    await settled(world);
    expect(await usdc.read.balanceOf([receiver.address])).toBe(REFUND_LIMIT + 1n + PRICE * 2n);
  });

  it("reverts with SafeERC20FailedOperation should USDC ever say no instead of reverting", async () => {
    const liar = await world.viem.deployContract("FalseToken");
    const code = await world.client.getCode({ address: liar.address });
    await world.networkHelpers.setCode(usdc.address, code ?? "0x");
    const mock = await world.viem.getContractAt("FalseToken", usdc.address);
    await mock.write.mint([receiver.address, REFUND_LIMIT * 2n]);
    await expectRevert(world, sweep(), ["SafeERC20FailedOperation", getAddress(usdc.address)]);
  });
});
