import { network } from "hardhat";
import { type Address, getAddress, getContractAddress, zeroAddress } from "viem";
import { describe, expect, it } from "vitest";
import { base, baseSepolia } from "../../../contracts/chains.ts";
import { createWorld, expectRevert, REFUND_LIMIT, told, useWorld } from "./world.ts";

const world = await useWorld();
const { viem, receiver } = world;
const [owner, treasury, operator] = [world.other, world.treasury, world.operator].map(({ account }) =>
  getAddress(account.address),
) as [Address, Address, Address];

const COIN = { value: 1n };
const deploy = (owner: Address, treasury: Address, operator: Address = zeroAddress) =>
  deployWith(COIN, [owner, treasury, operator]);
const deployWith = (coin: { value: bigint }, roles: readonly [Address, Address, Address]) =>
  viem.sendDeploymentTransaction("SettlementReceiver", [...roles, REFUND_LIMIT], coin);

describe("constructor", () => {
  it("sets owner, treasury, operator and refund limit, unpaused, with nothing proposed", async () => {
    const { contract } = await deploy(owner, treasury, operator);
    expect(await contract.read.owner()).toBe(owner);
    expect(await contract.read.treasury()).toBe(treasury);
    expect(await contract.read.operator()).toBe(operator);
    expect(await contract.read.refundLimit()).toBe(REFUND_LIMIT);
    expect(await contract.read.refundable()).toBe(REFUND_LIMIT);
    expect(await contract.read.paused()).toBe(false);
    expect(await contract.read.proposedTreasury()).toEqual([zeroAddress, 0n]);
    expect(await contract.read.proposedRefundLimit()).toEqual([0n, 0n]);
  });

  it("emits what it sets, so that an indexer needs no call", async () => {
    const { contract, deploymentTransaction } = await deploy(owner, treasury, operator);
    const events = await told({ ...world, receiver: contract }, Promise.resolve(deploymentTransaction.hash));
    expect(events).toEqual([
      ["OwnershipTransferred", { previousOwner: zeroAddress, newOwner: owner }],
      ["TreasuryChanged", { treasury }],
      ["RefundLimitChanged", { refundLimit: REFUND_LIMIT }],
      ["OperatorChanged", { operator }],
    ]);
  });

  it("knows USDC on both chains", async () => {
    expect(await receiver.read.usdc()).toBe(getAddress(base.tokens.USDC as Address));
    const sepolia = await createWorld({ chain: "baseSepolia" });
    expect(await sepolia.receiver.read.usdc()).toBe(getAddress(baseSepolia.tokens.USDC as Address));
  });

  it("fixes the delay of changes and the gas of a batch's entry", async () => {
    expect(await receiver.read.CHANGE_DELAY()).toBe(172_800n);
    expect(await receiver.read.GAS_PER_ENTRY()).toBe(300_000n);
  });

  it("gives its coin away to be kept, so that it starts without", async () => {
    const balance = (address: Address) => world.client.getBalance({ address });
    const { contract } = await deployWith({ value: 3n }, [owner, treasury, operator]);
    expect(await balance(contract.address)).toBe(0n);
    expect(await balance(getContractAddress({ from: contract.address, nonce: 1n }))).toBe(3n);
  });

  it("reverts with CoinMissing without a coin: it could never be paused", async () => {
    await expectRevert(world, deployWith({ value: 0n }, [owner, treasury, operator]), ["CoinMissing"]);
  });

  it("reverts with OwnableInvalidOwner without an owner", async () => {
    await expectRevert(world, deploy(zeroAddress, treasury), ["OwnableInvalidOwner", zeroAddress]);
  });

  it.each([
    ["zero", zeroAddress],
    ["USDC", world.usdc.address],
  ])("reverts with InvalidTreasury when the treasury is %s", async (_, treasury) => {
    await expectRevert(world, deploy(owner, treasury), ["InvalidTreasury", getAddress(treasury)]);
  });

  it.each([
    ["on a chain without USDC", "avalanche", 43114n],
    ["on Base where USDC is not installed", "base", 8453n],
  ] as const)("reverts with UnsupportedChain %s", async (_, chain, chainId) => {
    const bare = await network.create(chain as "base");
    const sent = bare.viem.sendDeploymentTransaction("SettlementReceiver", [owner, treasury, operator, 0n], COIN);
    await bare.viem.assertions.revertWithCustomErrorWithArgs(sent as never, receiver, "UnsupportedChain", [chainId]);
  });

  it("reverts with UnsupportedChain on another chain, whatever stands at USDC's addresses there", async () => {
    const bare = await network.create("avalanche");
    for (const { tokens } of [base, baseSepolia]) await bare.networkHelpers.setCode(tokens.USDC as Address, "0x00");
    const sent = bare.viem.sendDeploymentTransaction("SettlementReceiver", [owner, treasury, operator, 0n], COIN);
    await bare.viem.assertions.revertWithCustomErrorWithArgs(sent as never, receiver, "UnsupportedChain", [43114n]);
  });
});
