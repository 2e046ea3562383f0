import { encodeFunctionData, getAddress, maxUint256, parseEther, toFunctionSelector } from "viem";
import { describe, expect, it } from "vitest";
import { paymentGatewayAbi } from "../../../contracts/abi.ts";
import { boundIdIn, expectRevert, OPEN_ID, useWorld } from "../world.ts";

const price = parseEther("1");
const net = price - price / 100n;
const world = await useWorld();
const { gateway, viem, asPayer } = world;
const merchant = world.merchant.account.address;

/** The mock token of that name; the payer holds `amount` of it and allows the gateway anything. */
async function deployToken(name: "DemoToken", amount = price * 10n) {
  const token = await viem.deployContract(name, [] as never);
  await token.write.mint([world.payer.account.address, amount]);
  await token.write.approve([gateway.address, maxUint256], asPayer);
  return token;
}

const mock = (name: string, amount?: bigint) => deployToken(name as "DemoToken", amount);

const pay = (token: { address: `0x${string}` }, { amount = price, to = merchant } = {}) =>
  gateway.write.payFor([OPEN_ID, to, token.address, amount], asPayer);

describe("row 10: hostile and odd tokens", () => {
  it("works with a token that returns nothing", async () => {
    const token = await mock("NoReturnToken");
    await pay(token);
    expect(await token.read.balanceOf([merchant])).toBe(net);
    expect(await token.read.balanceOf([gateway.address])).toBe(price - net);
  });

  it("reverts with SafeERC20FailedOperation for a token that returns false", async () => {
    const token = await mock("FalseToken");
    await expectRevert(world, pay(token), ["SafeERC20FailedOperation", getAddress(token.address)]);
  });

  it("reverts with InexactDelivery for a token that lies", async () => {
    await expectRevert(world, pay(await mock("LyingToken")), ["InexactDelivery", 0n, net]);
  });

  it("reverts with InexactDelivery for a fee on transfer, even when the gateway holds some of the token", async () => {
    const token = await mock("FeeOnTransferToken");
    await token.write.mint([gateway.address, price]);
    await expectRevert(world, pay(token), ["InexactDelivery", net - net / 100n, net]);
    expect(await token.read.balanceOf([gateway.address])).toBe(price);
  });

  it("reverts with InexactDelivery for a token that delivers too much", async () => {
    await expectRevert(world, pay(await mock("BonusToken")), ["InexactDelivery", net + 1n, net]);
  });

  it("reverts for a token that takes from the receiver", async () => {
    const token = await mock("ShrinkingToken");
    await token.write.mint([merchant, price]);
    await expect(pay(token)).rejects.toThrow(/underflow/i);
  });

  it("works with a token that refuses to move zero, when there is no fee to move", async () => {
    const token = await mock("RevertOnZeroToken");
    await pay(token, { amount: 99n });
    expect(await token.read.balanceOf([merchant])).toBe(99n);
  });

  it("works with a token of 96 bits up to its limit and reverts with its error above", async () => {
    const token = await viem.deployContract("Limited96Token");
    await token.write.mint([world.payer.account.address, maxUint256 / 2n]);
    await token.write.approve([gateway.address, maxUint256], asPayer);
    await pay(token, { amount: 2n ** 96n });
    await viem.assertions.revertWithCustomError(pay(token, { amount: 2n ** 97n }), token, "TooMuch");
  });

  it("reverts with TokenWithoutCode where there is no token", async () => {
    const nowhere = world.stranger.account.address;
    await expectRevert(world, pay({ address: nowhere }), ["TokenWithoutCode", getAddress(nowhere)]);
  });
});

describe("row 3 and 10: a token that calls the merchant", () => {
  const REENTERED = toFunctionSelector("ReentrancyGuardReentrantCall()");

  it("cannot pay again, batch or sweep from within", async () => {
    const token = await mock("HookToken");
    const receiver = await viem.deployContract("ReentrantReceiver");
    const id = await boundIdIn(world, { token: token.address, merchant: receiver.address });
    const payFor = [id, receiver.address, token.address, price] as const;
    const permit = [...payFor, 0n, 27, OPEN_ID, OPEN_ID] as const;
    const calls = [
      encodeFunctionData({ abi: paymentGatewayAbi, functionName: "payFor", args: payFor }),
      encodeFunctionData({ abi: paymentGatewayAbi, functionName: "payForWithPermit", args: permit }),
      encodeFunctionData({ abi: paymentGatewayAbi, functionName: "payBatch", args: [[]] }),
      encodeFunctionData({ abi: paymentGatewayAbi, functionName: "sweep", args: [token.address] }),
    ];
    for (const data of calls) {
      await receiver.write.aim([gateway.address, data, 0n]);
      const call = [OPEN_ID, receiver.address, token.address, price] as const;
      // A limit of its own: an estimate would settle on gas that is too low for the call from within.
      await gateway.write.payFor(call, { ...asPayer, gas: 2_000_000n });
      expect(await receiver.read.succeeded()).toBe(false);
      expect((await receiver.read.result()).slice(0, 10)).toBe(REENTERED);
    }
    expect(await token.read.balanceOf([receiver.address])).toBe(net * BigInt(calls.length));
  });
});
