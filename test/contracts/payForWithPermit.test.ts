import { encodeFunctionData, erc20Abi, getAddress, maxUint256, parseEther, zeroAddress, zeroHash } from "viem";
import { describe, expect, it } from "vitest";
import { paymentGatewayAbi } from "../../contracts/abi.ts";
import { describePaymentChecks } from "./payment-checks.ts";
import { signPermit } from "./permit.ts";
import { boundIdIn, expectRevert, OPEN_ID, useWorld } from "./world.ts";

const amount = parseEther("1");
const fee = amount / 100n;
const world = await useWorld(async ({ token, payer }) => {
  await token.write.mint([payer.account.address, amount * 10n]);
});
const { gateway, token, viem, asPayer } = world;
const [payer, merchant] = [world.payer.account.address, world.merchant.account.address];

async function permit(value: bigint) {
  const nonce = await token.read.nonces([payer]);
  const terms = { token: token.address, name: "Arena", version: "1", nonce, value, deadline: maxUint256 };
  const { deadline, v, r, s } = await signPermit(world, terms);
  return [deadline, v, r, s] as const;
}

const approval = encodeFunctionData({ abi: erc20Abi, functionName: "approve", args: [gateway.address, amount] });
const NO_PERMIT = [0n, 27, zeroHash, zeroHash] as const;

describe("payForWithPermit", () => {
  describePaymentChecks({
    world,
    token: token.address,
    pay: async ({ sessionId, merchant, amount }) => {
      const signed = await permit(amount);
      return gateway.write.payForWithPermit([sessionId, merchant, token.address, amount, ...signed], asPayer);
    },
  });

  it("emits Paid as payFor does", async () => {
    const id = await boundIdIn(world, { token: token.address });
    const signed = await permit(amount);
    const pay = gateway.write.payForWithPermit([id, merchant, token.address, amount, ...signed], asPayer);
    const [from, to] = [getAddress(payer), getAddress(merchant)];
    const paid = [id, from, to, getAddress(token.address), amount, fee, amount - fee] as const;
    await viem.assertions.emitWithArgs(pay, gateway, "Paid", [...paid]);
  });

  it("needs no approval before, leaves no allowance after, and splits as payFor does", async () => {
    const signed = await permit(amount);
    await gateway.write.payForWithPermit([OPEN_ID, merchant, token.address, amount, ...signed], asPayer);
    const held = await Promise.all(
      [payer, merchant, gateway.address].map((account) => token.read.balanceOf([account])),
    );
    expect(held).toEqual([amount * 9n, amount - fee, fee]);
    expect(await token.read.allowance([payer, gateway.address])).toBe(0n);
  });

  describe("when the permit is good for nothing", () => {
    it("reverts with the token's own error when there is no allowance", async () => {
      const pay = gateway.write.payForWithPermit([OPEN_ID, merchant, token.address, amount, ...NO_PERMIT], asPayer);
      await viem.assertions.revertWithCustomError(pay, token, "ERC20InsufficientAllowance");
    });

    it("is accepted when the allowance is there", async () => {
      await token.write.approve([gateway.address, amount], asPayer);
      await gateway.write.payForWithPermit([OPEN_ID, merchant, token.address, amount, ...NO_PERMIT], asPayer);
      expect(await token.read.balanceOf([merchant])).toBe(amount - fee);
    });

    it("does not use the permit of anyone but the caller", async () => {
      const signed = await permit(amount);
      const pay = gateway.write.payForWithPermit([OPEN_ID, merchant, token.address, amount, ...signed], {
        account: world.stranger.account,
      });
      await viem.assertions.revertWithCustomError(pay, token, "ERC20InsufficientAllowance");
    });
  });

  describe("when a contract pays", () => {
    it("takes the contract's tokens, and leaves alone the permit of the account that sent the transaction", async () => {
      const wallet = await viem.deployContract("ReentrantReceiver");
      await token.write.mint([wallet.address, amount]);
      await wallet.write.aim([token.address, approval, 0n]);
      await wallet.write.onTokens();
      const asked = [OPEN_ID, merchant, token.address, amount, ...(await permit(amount))] as const;
      const data = encodeFunctionData({ abi: paymentGatewayAbi, functionName: "payForWithPermit", args: asked });
      await wallet.write.aim([gateway.address, data, 0n]);
      const pay = wallet.write.onTokens({ ...asPayer, gas: 1_000_000n });
      const [by, to] = [getAddress(wallet.address), getAddress(merchant)];
      const paid = [OPEN_ID, by, to, getAddress(token.address), amount, fee, amount - fee] as const;
      await viem.assertions.emitWithArgs(pay, gateway, "Paid", [...paid]);
      expect(await token.read.balanceOf([wallet.address])).toBe(0n);
      expect(await token.read.nonces([payer])).toBe(0n);
    });
  });

  describe("when there is no token", () => {
    it.each([
      ["the native coin's address", zeroAddress],
      ["an account without code", world.stranger.account.address],
    ])("reverts with TokenWithoutCode for %s", async (_, bad) => {
      const pay = gateway.write.payForWithPermit([OPEN_ID, merchant, bad, amount, ...NO_PERMIT], asPayer);
      await expectRevert(world, pay, ["TokenWithoutCode", getAddress(bad)]);
    });
  });
});
