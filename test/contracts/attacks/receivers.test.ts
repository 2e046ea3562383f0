import {
  type Address,
  encodeFunctionData,
  getAddress,
  type Hex,
  parseEther,
  toFunctionSelector,
  zeroAddress,
} from "viem";
import { describe, expect, it } from "vitest";
import { paymentGatewayAbi } from "../../../contracts/abi.ts";
import { boundIdIn, expectRevert, OPEN_ID, useWorld } from "../world.ts";

const price = parseEther("1");
const net = price - price / 100n;
const world = await useWorld();
const { gateway, viem, asPayer } = world;
const merchant = world.merchant.account.address;

const payNative = (to: Address, id: Hex = OPEN_ID) =>
  gateway.write.payNativeFor([id, to], { ...asPayer, value: price });

const calldata = {
  pay: (id: Hex, to: Address) =>
    encodeFunctionData({ abi: paymentGatewayAbi, functionName: "payNativeFor", args: [id, to] }),
  batch: encodeFunctionData({ abi: paymentGatewayAbi, functionName: "payBatch", args: [[]] }),
  sweep: encodeFunctionData({ abi: paymentGatewayAbi, functionName: "sweep", args: [zeroAddress] }),
};
const REENTERED = toFunctionSelector("ReentrancyGuardReentrantCall()");
const REPLAYED = toFunctionSelector("PaymentReplayed(bytes32)");

/** A merchant who calls the gateway with `data`, and `value` of its own, when it is paid. */
async function reentrant(data: Hex, value = 0n) {
  const receiver = await viem.deployContract("ReentrantReceiver");
  await receiver.write.aim([gateway.address, data, value]);
  return receiver;
}

describe("row 9: a hostile merchant", () => {
  it("fails only its own payment when it refuses the coin", async () => {
    const wall = (await viem.deployContract("RejectingReceiver")).address;
    await expectRevert(world, payNative(wall), ["NativeTransferFailed", getAddress(wall), net]);
    await payNative(merchant);
  });

  it("fails only its own payment when it burns all gas", async () => {
    const burner = (await viem.deployContract("GasBurner")).address;
    await expectRevert(world, payNative(burner), ["NativeTransferFailed", getAddress(burner), net]);
  });

  it("cannot bill the payer for a copy of 200 kB that it returns", async () => {
    const bomb = (await viem.deployContract("ReturnBomb")).address;
    const floor = await viem.deployContract("FloorGateway");
    const gasUsed = async (hash: Hex) => (await world.client.getTransactionReceipt({ hash })).gasUsed;
    const ours = await gasUsed(await payNative(bomb));
    const copying = await gasUsed(await floor.write.payNativeFor([OPEN_ID, bomb], { ...asPayer, value: price }));
    expect(copying - ours).toBeGreaterThan(80_000n);
  });

  it("gets PaymentReplayed when it pays the very id with the very amount from within", async () => {
    const receiver = await viem.deployContract("ReentrantReceiver");
    const id = await boundIdIn(world, { merchant: receiver.address });
    await receiver.write.aim([gateway.address, calldata.pay(id, receiver.address), price]);
    // Its balance during the call is then exactly the price.
    await world.networkHelpers.setBalance(receiver.address, price - net);
    await payNative(receiver.address, id);
    expect(await receiver.read.succeeded()).toBe(false);
    expect((await receiver.read.result()).slice(0, 10)).toBe(REPLAYED);
  });

  it("gains nothing by paying another session from within: it pays it in full", async () => {
    const receiver = await reentrant(calldata.pay(OPEN_ID, merchant), net);
    const pay = payNative(receiver.address);
    await viem.assertions.balancesHaveChanged(pay, [
      { address: receiver.address, amount: 0n },
      { address: merchant, amount: net - net / 100n },
      { address: gateway.address, amount: price / 100n + net / 100n },
    ]);
    expect(await receiver.read.succeeded()).toBe(true);
  });

  it.each([
    ["sweep the coins of a batch's later payments", calldata.sweep],
    ["start a batch", calldata.batch],
  ])("cannot %s while a batch runs", async (_, data) => {
    const receiver = await reentrant(data);
    const payments = [receiver.address, merchant].map((merchant) => ({
      ...{ sessionId: OPEN_ID, merchant, token: zeroAddress, amount: price },
    }));
    await gateway.write.payBatch([payments], { ...asPayer, value: price * 2n });
    expect(await receiver.read.succeeded()).toBe(false);
    expect((await receiver.read.result()).slice(0, 10)).toBe(REENTERED);
  });
});

describe("row 9: a hostile fee recipient", () => {
  it("cannot enter the gateway while it is swept to", async () => {
    const receiver = await reentrant(calldata.sweep);
    await payNative(merchant);
    await gateway.write.setFeeRecipient([receiver.address], { account: world.owner.account });
    await gateway.write.sweep([zeroAddress]);
    expect((await receiver.read.result()).slice(0, 10)).toBe(REENTERED);
    expect(await world.balanceOf(gateway.address)).toBe(1n);
  });
});
