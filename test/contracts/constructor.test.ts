import { type Address, getAddress, parseEventLogs, zeroAddress } from "viem";
import { describe, expect, it } from "vitest";
import { paymentGatewayAbi } from "../../contracts/abi.ts";
import { expectRevert, useWorld } from "./world.ts";

const world = await useWorld();
const { viem } = world;
const [owner, treasury] = [world.other.account.address, world.treasury.account.address];

const deploy = (owner: Address, feeRecipient: Address, feeBps: number) =>
  viem.sendDeploymentTransaction("PaymentGateway", [owner, feeRecipient, feeBps]);

describe("constructor", () => {
  it("sets owner, fee recipient and fee, unpaused, with no rise waiting", async () => {
    const { contract } = await deploy(owner, treasury, 1_000);
    expect(await contract.read.owner()).toBe(getAddress(owner));
    expect(await contract.read.feeRecipient()).toBe(getAddress(treasury));
    expect(await contract.read.feeBps()).toBe(1_000);
    expect(await contract.read.paused()).toBe(false);
    expect(await contract.read.pendingFee()).toEqual([0, 0n]);
  });

  it("emits what it sets, so that an indexer needs no call", async () => {
    const { deploymentTransaction } = await deploy(owner, treasury, 7);
    const { logs } = await world.client.getTransactionReceipt({ hash: deploymentTransaction.hash });
    const events = parseEventLogs({ abi: paymentGatewayAbi, logs }).map(({ eventName, args }) => [eventName, args]);
    expect(events).toEqual([
      ["OwnershipTransferred", { previousOwner: zeroAddress, newOwner: getAddress(owner) }],
      ["FeeRecipientChanged", { feeRecipient: getAddress(treasury) }],
      ["FeeChanged", { feeBps: 7 }],
    ]);
  });

  it("reverts with OwnableInvalidOwner without an owner", async () => {
    await expectRevert(world, deploy(zeroAddress, treasury, 0), ["OwnableInvalidOwner", zeroAddress]);
  });

  it("reverts with InvalidFeeRecipient without a fee recipient", async () => {
    await expectRevert(world, deploy(owner, zeroAddress, 0), ["InvalidFeeRecipient", zeroAddress]);
  });

  it("reverts with FeeTooHigh above the cap", async () => {
    await expectRevert(world, deploy(owner, treasury, 1_001), ["FeeTooHigh", 1_001n, 1_000n]);
  });
});
