import { type Address, getAddress, toFunctionSelector } from "viem";
import { describe, expect, it } from "vitest";
import { argsOf } from "./authorization.ts";
import { authorizationIn, expectRevert, REFUND_LIMIT, settled, useWorld } from "./world.ts";

const world = await useWorld(({ circle, receiver }) => circle.mint(receiver.address, REFUND_LIMIT));
const { receiver, pauseCoin, viem, client, forceCoins } = world;
const asOwner = { account: world.owner.account };
const asStranger = { account: world.stranger.account };

/** Coins of the receiver and of their keeper. */
const coins = async () => [
  await client.getBalance({ address: receiver.address }),
  await client.getBalance({ address: pauseCoin.address }),
];

async function expectStopped() {
  const authorization = await authorizationIn(world);
  await expectRevert(world, receiver.write.settle(argsOf(authorization), asStranger), ["SettlementsPaused"]);
  await expectRevert(world, receiver.write.settleBatch([[authorization]], asStranger), ["SettlementsPaused"]);
}

describe("the coin", () => {
  it("is kept while settlements run, the receiver's while they are paused", async () => {
    expect(await coins()).toEqual([0n, 1n]);
    await receiver.write.pause(asOwner);
    expect(await coins()).toEqual([1n, 0n]);
    await receiver.write.unpause(asOwner);
    expect(await coins()).toEqual([0n, 1n]);
  });

  it("serves every pause, whatever was paused or unpaused twice before", async () => {
    for (const call of ["pause", "pause", "unpause", "unpause", "pause"] as const) await receiver.write[call](asOwner);
    expect(await coins()).toEqual([1n, 0n]);
    await expectStopped();
  });

  it("stays where it is with whatever else runs while settlements are paused", async () => {
    const { from, nonce } = await settled(world);
    await receiver.write.pause(asOwner);
    await receiver.write.refund([from, nonce, 1n], { account: world.operator.account });
    await receiver.write.sweep(asStranger);
    await receiver.write.setOperator([from], asOwner);
    await receiver.write.setRefundLimit([0n], asOwner);
    await receiver.write.proposeTreasury([from], asOwner);
    await receiver.write.transferOwnership([world.other.account.address], asOwner);
    await receiver.write.acceptOwnership({ account: world.other.account });
    expect(await coins()).toEqual([1n, 0n]);
    await expectStopped();
  });
});

describe("coins that a stranger forces on the receiver", () => {
  it("stop nothing while settlements run", async () => {
    await forceCoins(5n);
    expect(await coins()).toEqual([5n, 1n]);
    await settled(world);
    await receiver.write.settleBatch([[await authorizationIn(world)]], asStranger);
    expect(await receiver.read.paused()).toBe(false);
  });

  it("let nothing run while they are paused", async () => {
    await receiver.write.pause(asOwner);
    await forceCoins(1n);
    await expectStopped();
  });

  it("do not keep the owner from pausing", async () => {
    await forceCoins(5n);
    await receiver.write.pause(asOwner);
    expect(await coins()).toEqual([6n, 0n]);
    await expectStopped();
  });

  it("leave with unpause, paused or not, and come back with the coin", async () => {
    await forceCoins(5n);
    await receiver.write.unpause(asOwner);
    expect(await coins()).toEqual([0n, 6n]);
    await receiver.write.pause(asOwner);
    expect(await coins()).toEqual([6n, 0n]);
  });
});

describe("PauseCoin", () => {
  it("gives to nobody who asks but the receiver, the owner included", async () => {
    for (const { account } of [world.stranger, world.owner, world.operator]) {
      const values = [getAddress(account.address), getAddress(receiver.address)] as [Address, Address];
      const give = pauseCoin.write.give({ account });
      await viem.assertions.revertWithCustomErrorWithArgs(give, pauseCoin, "NotReceiver", values);
    }
    expect(await coins()).toEqual([0n, 1n]);
  });

  it("names who asked, not who sent the transaction, as the receiver does", async () => {
    const relay = await viem.deployContract("Relay");
    const [actual, keeper, of] = [relay, pauseCoin, receiver].map(({ address }) => getAddress(address)) as Address[];
    const give = relay.write.forward([pauseCoin.address, toFunctionSelector("give()")]);
    const values = [actual, of] as [Address, Address];
    await viem.assertions.revertWithCustomErrorWithArgs(give, pauseCoin, "NotReceiver", values);
    await expectRevert(world, relay.write.forward([receiver.address, "0x"]), ["NotPauseCoin", actual, keeper]);
  });

  it("keeps what anyone adds, for the receiver", async () => {
    await pauseCoin.write.keep({ ...asStranger, value: 2n });
    await receiver.write.pause(asOwner);
    expect(await coins()).toEqual([3n, 0n]);
  });
});
