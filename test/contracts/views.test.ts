import { type Address, type Hex, maxUint256, parseEther, zeroAddress } from "viem";
import { describe, expect, it } from "vitest";
import { paymentIdOf } from "../../contracts/payment-id.ts";
import { slotOf } from "./bitmap.ts";
import { FEE_BPS, OPEN_ID, termsIn, useWorld } from "./world.ts";

const world = await useWorld();
const { gateway, asPayer } = world;
const merchant = world.merchant.account.address;
const value = parseEther("1");

describe("quoteFee", () => {
  it.each([
    [0n, 0n],
    [99n, 0n],
    [100n, 1n],
    [199n, 1n],
    [10_000n, 100n],
    [maxUint256, maxUint256 / 100n],
  ])("takes 1 %% of %d, rounded down: %d", async (amount, fee) => {
    expect(await gateway.read.quoteFee([amount])).toEqual([fee, amount - fee]);
  });
});

describe("paymentIdOf", () => {
  it("equals the id that contracts/payment-id.ts computes", async () => {
    const terms = await termsIn(world);
    const asked = [terms.merchant, terms.token, terms.amount, terms.expiry, terms.salt] as const;
    expect(await gateway.read.paymentIdOf(asked)).toBe(paymentIdOf(terms));
  });

  it("changes with the fee in force", async () => {
    const terms = await termsIn(world);
    await gateway.write.setFeeBps([0], { account: world.owner.account });
    const asked = [terms.merchant, terms.token, terms.amount, terms.expiry, terms.salt] as const;
    expect(await gateway.read.paymentIdOf(asked)).toBe(paymentIdOf({ ...terms, feeBps: 0 }));
    expect(FEE_BPS).not.toBe(0);
  });
});

describe("isPaid", () => {
  it("is true for the paid terms and salt alone", async () => {
    const terms = await termsIn(world);
    const id = paymentIdOf(terms);
    await gateway.write.payNativeFor([id, merchant], { ...asPayer, value });
    const paid = (changes: { id?: Hex; merchant?: Address; token?: Address; amount?: bigint }) => {
      const asked = { ...terms, id, ...changes };
      return gateway.read.isPaid([asked.id, asked.merchant, asked.token, asked.amount]);
    };
    expect(await paid({})).toBe(true);
    expect(await paid({ id: paymentIdOf({ ...terms, salt: terms.salt + 1n }) })).toBe(false);
    expect(await paid({ id: paymentIdOf({ ...terms, salt: terms.salt ^ 0x100n }) })).toBe(false);
    expect(await paid({ merchant: world.other.account.address })).toBe(false);
    expect(await paid({ token: world.token.address })).toBe(false);
    expect(await paid({ amount: value + 1n })).toBe(false);
  });

  it("is one bit for each salt, in the word that its terms and the rest of the salt name", async () => {
    const terms = await termsIn(world);
    const low = 0x0102_0304_0506_0700n;
    const salts = [low | 3n, low | 255n, low ^ (1n << 63n)];
    for (const salt of salts) {
      await gateway.write.payNativeFor([paymentIdOf({ ...terms, salt }), merchant], { ...asPayer, value });
    }
    const word = async (salt: bigint) =>
      BigInt((await world.client.getStorageAt({ address: gateway.address, slot: slotOf({ ...terms, salt }) })) ?? 0);
    expect(await word(low)).toBe((1n << 3n) | (1n << 255n));
    expect(await word(low ^ (1n << 63n))).toBe(1n);
    expect(await word(low + 256n)).toBe(0n);
  });

  it("stays true after a change of fee", async () => {
    const id = paymentIdOf(await termsIn(world));
    await gateway.write.payNativeFor([id, merchant], { ...asPayer, value });
    await gateway.write.setFeeBps([0], { account: world.owner.account });
    expect(await gateway.read.isPaid([id, merchant, zeroAddress, value])).toBe(true);
  });

  it("is false for an open id with the salt of a paid one", async () => {
    const id = paymentIdOf(await termsIn(world));
    await gateway.write.payNativeFor([id, merchant], { ...asPayer, value });
    const open: Hex = `0x00000000${id.slice(10)}`;
    expect(await gateway.read.isPaid([open, merchant, zeroAddress, value])).toBe(false);
    expect(await gateway.read.isPaid([OPEN_ID, merchant, zeroAddress, value])).toBe(false);
  });
});
