import { getAddress, maxUint256, parseEther, zeroAddress } from "viem";
import { describe, expect, it } from "vitest";
import { paymentGatewayAbi } from "../../../contracts/abi.ts";
import { DAY_SEC, expectRevert, OPEN_ID, usdcIn, useWorld } from "../world.ts";

const price = parseEther("1");
const fee = price / 100n;
const ONE_USDC = 1_000_000n;
const world = await useWorld((world) => world.fund(price * 10n));
const { gateway, token, viem, asPayer } = world;
const merchant = world.merchant.account.address;
const asOwner = { account: world.owner.account };

const payNative = () => gateway.write.payNativeFor([OPEN_ID, merchant], { ...asPayer, value: price });

/** Circle's USDC, of which the payer has and allows enough. */
async function allowedUsdc() {
  const usdc = await usdcIn(world, ONE_USDC * 10n);
  await usdc.token.write.approve([gateway.address, maxUint256], asPayer);
  return usdc;
}

describe("row 7: the fee recipient is out of order", () => {
  it.each(["RejectingReceiver", "GasBurner"] as const)("as %s, payments go on and sweeps wait", async (name) => {
    const bad = (await viem.deployContract(name as "RejectingReceiver")).address;
    await gateway.write.setFeeRecipient([bad], asOwner);
    await payNative();
    await expectRevert(world, gateway.write.sweep([zeroAddress]), ["NativeTransferFailed", getAddress(bad), fee - 1n]);
    await payNative();
    await gateway.write.setFeeRecipient([world.treasury.account.address], asOwner);
    await viem.assertions.balancesHaveChanged(gateway.write.sweep([zeroAddress]), [
      { address: world.treasury.account.address, amount: fee * 2n - 1n },
    ]);
  });

  it("blacklisted by Circle, USDC payments go on and sweeps wait", async () => {
    const usdc = await allowedUsdc();
    await usdc.blacklist(world.treasury.account.address);
    const pay = () => gateway.write.payFor([OPEN_ID, merchant, usdc.address, ONE_USDC], asPayer);
    await pay();
    await expect(gateway.write.sweep([usdc.address])).rejects.toThrow(/blacklisted/);
    await pay();
    await gateway.write.setFeeRecipient([world.other.account.address], asOwner);
    await gateway.write.sweep([usdc.address]);
    expect(await usdc.token.read.balanceOf([world.other.account.address])).toBe((ONE_USDC / 100n) * 2n - 1n);
  });
});

describe("row 8: Circle blacklists the gateway", () => {
  it("reverts payments with a fee, moving nothing", async () => {
    const usdc = await allowedUsdc();
    await usdc.blacklist(gateway.address);
    const pay = gateway.write.payFor([OPEN_ID, merchant, usdc.address, ONE_USDC], asPayer);
    await expect(pay).rejects.toThrow(/blacklisted/);
    expect(await usdc.token.read.balanceOf([merchant])).toBe(0n);
  });

  it("is a known loss: without a fee too, for USDC asks who spends the allowance", async () => {
    const usdc = await allowedUsdc();
    await usdc.blacklist(gateway.address);
    await gateway.write.setFeeBps([0], asOwner);
    const pay = gateway.write.payFor([OPEN_ID, merchant, usdc.address, ONE_USDC], asPayer);
    await expect(pay).rejects.toThrow(/blacklisted/);
  });
});

describe("row 11: coins and tokens that nobody paid", () => {
  it("are swept as surplus and pay for no session", async () => {
    const before = await world.client.getBlockNumber();
    await world.networkHelpers.setBalance(gateway.address, price);
    await token.write.transfer([gateway.address, price], asPayer);
    await gateway.write.sweep([zeroAddress]);
    await gateway.write.sweep([token.address]);
    expect(await token.read.balanceOf([world.treasury.account.address])).toBe(price - 1n);
    const logs = await world.client.getContractEvents({
      ...{ address: gateway.address, abi: paymentGatewayAbi },
      fromBlock: before,
    });
    expect(logs.map(({ eventName }) => eventName)).toEqual(["Swept", "Swept"]);
  });

  it("do not lower what the next payer pays or the next merchant gets", async () => {
    await world.networkHelpers.setBalance(gateway.address, price);
    await viem.assertions.balancesHaveChanged(payNative(), [
      { address: merchant, amount: price - fee },
      { address: gateway.address, amount: fee },
    ]);
  });
});

describe("row 12: the owner's key is lost or stolen", () => {
  it("has no function that moves anyone's money or allowance, but to set the fee recipient", async () => {
    const changing = paymentGatewayAbi.filter(
      (item) => item.type === "function" && item.stateMutability !== "view" && item.stateMutability !== "pure",
    );
    const open = ["payNativeFor", "payFor", "payForWithPermit", "payBatch", "sweep", "acceptOwnership"];
    const owners = ["setFeeBps", "setFeeRecipient", "pause", "unpause", "transferOwnership"];
    expect(changing.map((item) => "name" in item && item.name).sort()).toEqual([...open, ...owners].sort());
  });

  it("cannot take more than 10 %, nor more than before within a day", async () => {
    await gateway.write.setFeeBps([1_000], asOwner);
    await viem.assertions.balancesHaveChanged(payNative(), [{ address: gateway.address, amount: fee }]);
    await world.networkHelpers.time.increase(DAY_SEC);
    await viem.assertions.balancesHaveChanged(payNative(), [{ address: gateway.address, amount: price / 10n }]);
    await expectRevert(world, gateway.write.setFeeBps([1_001], asOwner), ["FeeTooHigh"]);
  });

  it("cannot trap money by the pause, nor be given up", async () => {
    await payNative();
    await gateway.write.pause(asOwner);
    await gateway.write.sweep([zeroAddress], { account: world.stranger.account });
    await expectRevert(world, gateway.read.renounceOwnership({ account: world.owner.account.address }), [
      "RenounceDisabled",
    ]);
  });

  it("cannot touch the allowance that a payer left", async () => {
    await gateway.write.setFeeRecipient([world.owner.account.address], asOwner);
    await expectRevert(world, gateway.write.sweep([token.address], asOwner), ["NothingToSweep"]);
    expect(await token.read.balanceOf([world.payer.account.address])).toBe(price * 10n);
  });
});
