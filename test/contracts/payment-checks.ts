import { type Address, type Hex, parseEther, zeroAddress, zeroHash } from "viem";
import { beforeEach, describe, expect, it } from "vitest";
import { slotOf } from "./bitmap.ts";
import { boundIdIn, expectRevert, OPEN_ID, termsIn, type World } from "./world.ts";

export type Asked = { sessionId: Hex; merchant: Address; amount: bigint };

/** A way to pay: the token it pays with, and the call itself, sent by the payer. */
export type Way = { world: World; token: Address; pay(asked: Asked): Promise<Hex> };

const AMOUNT = parseEther("1");

/** What holds for every way to pay alike. */
export function describePaymentChecks({ world, token, pay }: Way): void {
  const merchant = world.merchant.account.address;
  const usual = { merchant, amount: AMOUNT };
  const bound = (changes = {}) => boundIdIn(world, { token, ...changes });

  describe("when payments are paused", () => {
    beforeEach(async () => {
      await world.gateway.write.pause({ account: world.owner.account });
    });

    it("reverts with PaymentsPaused", async () => {
      await expectRevert(world, pay({ ...usual, sessionId: OPEN_ID }), ["PaymentsPaused"]);
    });

    it("is accepted again after unpause", async () => {
      await world.gateway.write.unpause({ account: world.owner.account });
      await pay({ ...usual, sessionId: OPEN_ID });
    });
  });

  describe("when the input makes no sense", () => {
    it("reverts with ZeroSessionId for id zero", async () => {
      await expectRevert(world, pay({ ...usual, sessionId: zeroHash }), ["ZeroSessionId"]);
    });

    it("reverts with ZeroAmount for amount zero", async () => {
      await expectRevert(world, pay({ merchant, sessionId: OPEN_ID, amount: 0n }), ["ZeroAmount"]);
    });

    it.each([
      ["zero", zeroAddress],
      ["the gateway", world.gateway.address],
    ])("reverts with InvalidMerchant when the merchant is %s", async (_, bad) => {
      const call = pay({ merchant: bad, sessionId: OPEN_ID, amount: AMOUNT });
      await expectRevert(world, call, ["InvalidMerchant", bad]);
    });
  });

  describe("with an open id", () => {
    it("is accepted any number of times, for any amount, and never counts as paid", async () => {
      for (const amount of [1n, AMOUNT, AMOUNT]) await pay({ merchant, sessionId: OPEN_ID, amount });
      expect(await world.gateway.read.isPaid([OPEN_ID, merchant, token, AMOUNT])).toBe(false);
    });

    it("leaves no trace in storage", async () => {
      await pay({ ...usual, sessionId: OPEN_ID });
      const slot = slotOf({ merchant, token, amount: AMOUNT, salt: BigInt(`0x${OPEN_ID.slice(10, 26)}`) });
      expect(await world.client.getStorageAt({ address: world.gateway.address, slot })).toBe(zeroHash);
    });
  });

  describe("with a bound id", () => {
    it("is accepted with its own terms and counts as paid from then on", async () => {
      const sessionId = await bound();
      const asked = [sessionId, merchant, token, AMOUNT] as const;
      expect(await world.gateway.read.isPaid(asked)).toBe(false);
      await pay({ ...usual, sessionId });
      expect(await world.gateway.read.isPaid(asked)).toBe(true);
    });

    it("reverts with PaymentReplayed the second time", async () => {
      const sessionId = await bound();
      await pay({ ...usual, sessionId });
      await expectRevert(world, pay({ ...usual, sessionId }), ["PaymentReplayed", sessionId]);
    });

    it("is accepted beside all other ids of the same word", async () => {
      for (const salt of [0x1ffn, 0x100n, 0x101n, 0x200n]) await pay({ ...usual, sessionId: await bound({ salt }) });
      const sessionId = await bound({ salt: 0x101n });
      await expectRevert(world, pay({ ...usual, sessionId }), ["PaymentReplayed", sessionId]);
    });

    it("is accepted in the second of its expiry", async () => {
      const terms = await termsIn(world, { token });
      await world.mineAt(terms.expiry);
      await pay({ ...usual, sessionId: await boundIdIn(world, terms) });
    });

    it("reverts with PaymentExpired one second later", async () => {
      const terms = await termsIn(world, { token });
      await world.mineAt(terms.expiry + 1);
      const call = pay({ ...usual, sessionId: await boundIdIn(world, terms) });
      await expectRevert(world, call, ["PaymentExpired", BigInt(terms.expiry + 1), BigInt(terms.expiry)]);
    });

    it("reverts with PaymentIdMismatch and the id that would be right", async () => {
      const sessionId = await bound();
      const expected = await bound({ amount: AMOUNT + 1n });
      const call = pay({ merchant, sessionId, amount: AMOUNT + 1n });
      await expectRevert(world, call, ["PaymentIdMismatch", sessionId, expected]);
    });
  });
}
