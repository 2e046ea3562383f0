import { getAddress, maxUint256, parseEther, zeroAddress } from "viem";
import { describe, expect, it } from "vitest";
import { describePaymentChecks } from "./payment-checks.ts";
import { boundIdIn, expectRevert, OPEN_ID, useWorld } from "./world.ts";

const amount = parseEther("1");
const fee = amount / 100n;
const world = await useWorld((world) => world.fund(amount * 10n));
const { gateway, token, viem, asPayer } = world;
const [payer, merchant] = [world.payer.account.address, world.merchant.account.address];

const balances = (of = token) =>
  Promise.all([payer, merchant, gateway.address].map((account) => of.read.balanceOf([account])));

describe("payFor", () => {
  describePaymentChecks({
    world,
    token: token.address,
    pay: ({ sessionId, merchant, amount }) =>
      gateway.write.payFor([sessionId, merchant, token.address, amount], asPayer),
  });

  it("emits Paid with payer, merchant, token, gross, fee and net", async () => {
    const id = await boundIdIn(world, { token: token.address });
    const pay = gateway.write.payFor([id, merchant, token.address, amount], asPayer);
    const [from, to] = [getAddress(payer), getAddress(merchant)];
    const paid = [id, from, to, getAddress(token.address), amount, fee, amount - fee] as const;
    await viem.assertions.emitWithArgs(pay, gateway, "Paid", [...paid]);
  });

  it("moves net to the merchant, the fee to the gateway, and uses up exactly the allowance", async () => {
    await gateway.write.payFor([OPEN_ID, merchant, token.address, amount], asPayer);
    expect(await balances()).toEqual([amount * 9n, amount - fee, fee]);
    expect(await token.read.allowance([payer, gateway.address])).toBe(amount * 9n);
  });

  it("moves nothing to the gateway when the amount is too small for a fee", async () => {
    await gateway.write.payFor([OPEN_ID, merchant, token.address, 99n], asPayer);
    expect(await balances()).toEqual([amount * 10n - 99n, 99n, 0n]);
  });

  it("splits any amount without overflow", async () => {
    const big = await viem.deployContract("DemoToken", ["Big", "BIG"]);
    await big.write.mint([payer, maxUint256]);
    await big.write.approve([gateway.address, maxUint256], asPayer);
    await gateway.write.payFor([OPEN_ID, merchant, big.address, maxUint256], asPayer);
    expect(await balances(big)).toEqual([0n, maxUint256 - maxUint256 / 100n, maxUint256 / 100n]);
  });

  describe("when the allowance does not cover net and fee", () => {
    it("reverts with the token's own error", async () => {
      await token.write.approve([gateway.address, amount - 1n], asPayer);
      const pay = gateway.write.payFor([OPEN_ID, merchant, token.address, amount], asPayer);
      await viem.assertions.revertWithCustomErrorWithArgs(pay, token, "ERC20InsufficientAllowance", [
        getAddress(gateway.address),
        fee - 1n,
        fee,
      ]);
    });
  });

  describe("when the payer is the merchant", () => {
    it("reverts with InexactDelivery: nothing can arrive", async () => {
      const pay = gateway.write.payFor([OPEN_ID, payer, token.address, amount], asPayer);
      await expectRevert(world, pay, ["InexactDelivery", 0n, amount - fee]);
    });
  });

  describe("when there is no token", () => {
    it.each([
      ["the native coin's address", zeroAddress],
      ["an account without code", world.stranger.account.address],
    ])("reverts with TokenWithoutCode for %s", async (_, bad) => {
      const pay = gateway.write.payFor([OPEN_ID, merchant, bad, amount], asPayer);
      await expectRevert(world, pay, ["TokenWithoutCode", getAddress(bad)]);
    });
  });
});
