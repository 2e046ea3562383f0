import { getAddress, parseUnits } from "viem";
import { describe, expect, it } from "vitest";
import { argsOf } from "./authorization.ts";
import { authorizationIn, expectRevert, FUNDS, PRICE, settled, told, toldByUsdc, useWorld } from "./world.ts";

const world = await useWorld();
const { receiver, usdc, payer, viem } = world;
const asStranger = { account: world.stranger.account };
const balance = () => usdc.read.balanceOf([receiver.address]);

describe("settle", () => {
  describe("when the payer signed it", () => {
    it("takes exactly the signed value, whoever calls", async () => {
      await receiver.write.settle(argsOf(await authorizationIn(world)), asStranger);
      expect(await balance()).toBe(PRICE);
      expect(await usdc.read.balanceOf([payer.address])).toBe(FUNDS - PRICE);
    });

    it("emits Settled", async () => {
      const authorization = await authorizationIn(world);
      const settle = receiver.write.settle(argsOf(authorization), asStranger);
      await viem.assertions.emitWithArgs(settle, receiver, "Settled", [payer.address, authorization.nonce, PRICE]);
    });

    it("leaves USDC's own proof, AuthorizationUsed directly before Transfer, and tells after it", async () => {
      const authorization = await authorizationIn(world);
      const { nonce } = authorization;
      const settle = receiver.write.settle(argsOf(authorization), asStranger);
      expect(await toldByUsdc(world, settle)).toEqual([
        ["AuthorizationUsed", { authorizer: payer.address, nonce }],
        ["Transfer", { from: payer.address, to: getAddress(receiver.address), value: PRICE }],
      ]);
      const { logs } = await world.client.getTransactionReceipt({ hash: await settle });
      expect(logs.map(({ logIndex }) => logIndex)).toEqual([0, 1, 2]);
      expect(logs[2]?.address).toBe(receiver.address.toLowerCase());
    });

    it("takes one unit", async () => {
      await settled(world, { value: 1n });
      expect(await balance()).toBe(1n);
    });

    it("takes all that the payer has", async () => {
      await settled(world, { value: FUNDS });
      expect(await balance()).toBe(FUNDS);
    });
  });

  describe("when USDC refuses", () => {
    it.each([
      ["early", { validAfter: 10n ** 12n, validBefore: 10n ** 13n }, "authorization is not yet valid"],
      ["late", { validBefore: 1n }, "authorization is expired"],
      ["not covered", { value: FUNDS + 1n }, "transfer amount exceeds balance"],
    ])("reverts with USDC's reason: %s", async (_, changes, reason) => {
      const settle = receiver.write.settle(argsOf(await authorizationIn(world, changes)), asStranger);
      await expect(settle).rejects.toThrow(reason);
      expect(await balance()).toBe(0n);
    });

    it("reverts when it is used", async () => {
      const authorization = await settled(world);
      const again = receiver.write.settle(argsOf(authorization), asStranger);
      await expect(again).rejects.toThrow("authorization is used or canceled");
      expect(await balance()).toBe(PRICE);
    });

    it.each([
      ["value", { value: PRICE + 1n }],
      ["validAfter", { validAfter: 1n }],
      ["validBefore", { validBefore: 10n ** 12n }],
      ["nonce", { nonce: `0x${"77".repeat(32)}` }],
      ["from", { from: "0x00000000000000000000000000000000000000ff" }],
    ] as const)("reverts when %s is not what was signed", async (_, changes) => {
      const forged = { ...(await authorizationIn(world)), ...changes };
      await expect(receiver.write.settle(argsOf(forged), asStranger)).rejects.toThrow(/invalid signature/);
    });

    it("reverts when it was signed to pay somebody else", async () => {
      const elsewhere = await authorizationIn(world, { to: world.other.account.address });
      await expect(receiver.write.settle(argsOf(elsewhere), asStranger)).rejects.toThrow(/invalid signature/);
    });

    it("reverts when the payer is the receiver: it has no signature", async () => {
      const own = { ...(await authorizationIn(world)), from: receiver.address };
      await expect(receiver.write.settle(argsOf(own), asStranger)).rejects.toThrow(/invalid signature/);
    });
  });

  it("reverts with ZeroAmount for nothing, which USDC would move", async () => {
    const nothing = await authorizationIn(world, { value: 0n });
    await expectRevert(world, receiver.write.settle(argsOf(nothing), asStranger), ["ZeroAmount"]);
    expect(await usdc.read.authorizationState([payer.address, nothing.nonce])).toBe(false);
  });

  it("emits nothing but Settled", async () => {
    const authorization = await authorizationIn(world, { value: parseUnits("0.05", 6) });
    const { nonce, value } = authorization;
    expect(await told(world, receiver.write.settle(argsOf(authorization), asStranger))).toEqual([
      ["Settled", { payer: payer.address, nonce, amount: value }],
    ]);
  });
});
