import { encodeFunctionData, type Hex, maxUint256, parseEther, toFunctionSelector, zeroHash } from "viem";
import { describe, expect, it } from "vitest";
import { paymentGatewayAbi } from "../../../contracts/abi.ts";
import { type SignedPermit, signPermit } from "../permit.ts";
import { OPEN_ID, useWorld } from "../world.ts";

const price = parseEther("1");
const net = price - price / 100n;
const world = await useWorld(async ({ token, payer }) => {
  await token.write.mint([payer.account.address, price * 10n]);
});
const { gateway, token, viem, asPayer } = world;
const [payer, merchant] = [world.payer.account.address, world.merchant.account.address];

const permit = (deadline = maxUint256): Promise<SignedPermit> =>
  signPermit(world, { token: token.address, name: "Arena", version: "1", nonce: 0n, value: price, deadline });

const pay = ({ deadline, v, r, s }: SignedPermit, of: Hex = token.address) =>
  gateway.write.payForWithPermit([OPEN_ID, merchant, of, price, deadline, v, r, s], asPayer);

const submit = ({ deadline, v, r, s }: SignedPermit) =>
  token.write.permit([payer, gateway.address, price, deadline, v, r, s], { account: world.stranger.account });

const NO_PERMIT = { deadline: 0n, v: 27, r: zeroHash, s: zeroHash };

describe("row 6: the permit is attacked", () => {
  it("pays although a stranger submitted the permit first", async () => {
    const signed = await permit();
    await submit(signed);
    await pay(signed);
    expect(await token.read.balanceOf([merchant])).toBe(net);
  });

  it("cannot be used a second time", async () => {
    const signed = await permit();
    await pay(signed);
    await viem.assertions.revertWithCustomError(pay(signed), token, "ERC20InsufficientAllowance");
  });

  it("pays with an expired permit when the allowance is there", async () => {
    const signed = await permit(1n);
    await viem.assertions.revertWithCustomError(pay(signed), token, "ERC20InsufficientAllowance");
    await token.write.approve([gateway.address, price], asPayer);
    await pay(signed);
    expect(await token.read.balanceOf([merchant])).toBe(net);
  });

  it("pays once, and no return data is copied, when the token's permit calls back and returns 200 kB", async () => {
    const hostile = await viem.deployContract("HostilePermitToken");
    await hostile.write.mint([payer, price]);
    await hostile.write.approve([gateway.address, price], asPayer);
    const args = [OPEN_ID, merchant, hostile.address, price] as const;
    await hostile.write.aim([encodeFunctionData({ abi: paymentGatewayAbi, functionName: "payFor", args })]);
    await pay(NO_PERMIT, hostile.address);
    expect(await hostile.read.succeeded()).toBe(false);
    expect((await hostile.read.result()).slice(0, 10)).toBe(toFunctionSelector("ReentrancyGuardReentrantCall()"));
    expect(await hostile.read.balanceOf([merchant])).toBe(net);
  });

  it("takes a permit that a fallback swallowed for what it is: no allowance", async () => {
    const phantom = await viem.deployContract("PhantomPermitToken");
    await phantom.write.mint([payer, price]);
    const none = pay(NO_PERMIT, phantom.address);
    await viem.assertions.revertWithCustomError(none, phantom, "ERC20InsufficientAllowance");
    await phantom.write.approve([gateway.address, price], asPayer);
    await pay(NO_PERMIT, phantom.address);
    expect(await phantom.read.balanceOf([merchant])).toBe(net);
  });
});
