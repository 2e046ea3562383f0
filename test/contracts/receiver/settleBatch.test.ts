import { getAddress, type Hex } from "viem";
import { describe, expect, it } from "vitest";
import { type Authorization, argsOf, signCancellation } from "./authorization.ts";
import { authorizationIn, expectRevert, FUNDS, PRICE, payerNo, settled, told, toldByUsdc, useWorld } from "./world.ts";

const [anna, bert, carl] = [payerNo(1), payerNo(2), payerNo(3)];
const world = await useWorld(async ({ circle }) => {
  for (const { address } of [anna, bert, carl]) await circle.mint(address, FUNDS);
});
const { receiver, usdc, payer, viem } = world;
const asStranger = { account: world.stranger.account };
const balance = () => usdc.read.balanceOf([receiver.address]);
const settle = (entries: Authorization[], gas?: bigint) =>
  receiver.write.settleBatch([entries], { ...asStranger, ...(gas && { gas }) });

const isSettled = ({ from, nonce, value }: Authorization) => ["Settled", { payer: from, nonce, amount: value }];
const isSkipped = ({ from, nonce }: Authorization) => ["Skipped", { payer: from, nonce }];

/** A wallet of a payer's, with funds and an authorization whose signature it judges in its own way. */
async function fromWallet(contract: "BurningWallet" | "SlowWallet" | "LoudWallet", signature: Hex) {
  const address = getAddress((await viem.deployContract(contract as "SlowWallet")).address);
  await world.circle.mint(address, FUNDS);
  return { ...(await authorizationIn(world, { from: address })), signature };
}

/** Of what `SlowWallet` burns, 1,000 gas a byte. */
const slowness = (thousands: number): Hex => `0x${"11".repeat(thousands)}`;

describe("settleBatch", () => {
  it("takes all of many payers' payments, and tells each", async () => {
    const entries = [await authorizationIn(world), await authorizationIn(world, { value: 7n }, anna)];
    entries.push(await authorizationIn(world, { value: 9n }, bert), await authorizationIn(world, {}, anna));
    expect(await told(world, settle(entries))).toEqual(entries.map(isSettled));
    expect(await balance()).toBe(PRICE * 2n + 16n);
    expect(await usdc.read.balanceOf([anna.address])).toBe(FUNDS - PRICE - 7n);
  });

  it("keeps USDC's proof of each payment in one piece", async () => {
    const entries = [await authorizationIn(world), await authorizationIn(world, {}, anna)];
    const names = (await toldByUsdc(world, settle(entries))).map(([name]) => name);
    expect(names).toEqual(["AuthorizationUsed", "Transfer", "AuthorizationUsed", "Transfer"]);
  });

  it("takes an empty batch", async () => {
    expect(await told(world, settle([]))).toEqual([]);
  });

  describe("with an entry that cannot be settled", () => {
    const good = () => Promise.all([authorizationIn(world, {}, anna), authorizationIn(world, {}, bert)]);

    async function expectOnlySkipped(bad: Authorization) {
      const [first, last] = await good();
      const before = await balance();
      const events = await told(world, settle([first, bad, last]));
      expect(events).toEqual([isSettled(first), isSkipped(bad), isSettled(last)]);
      expect(await balance()).toBe(before + PRICE * 2n);
    }

    it.each([
      ["zero", { value: 0n }],
      ["not covered", { value: FUNDS + 1n }],
      ["early", { validAfter: 10n ** 12n, validBefore: 10n ** 13n }],
      ["late", { validBefore: 1n }],
    ])("skips what is %s", async (_, changes) => {
      await expectOnlySkipped(await authorizationIn(world, changes));
    });

    it("skips what is used", async () => {
      await expectOnlySkipped(await settled(world));
    });

    it("skips the second of two equal ones", async () => {
      const one = await authorizationIn(world);
      expect(await told(world, settle([one, one]))).toEqual([isSettled(one), isSkipped(one)]);
      expect(await balance()).toBe(PRICE);
    });

    it("skips what is cancelled", async () => {
      const cancelled = await authorizationIn(world);
      const signature = await signCancellation(world.token, payer, cancelled.nonce);
      await usdc.write.cancelAuthorization([payer.address, cancelled.nonce, signature]);
      await expectOnlySkipped(cancelled);
    });

    it("skips what is forged", async () => {
      await expectOnlySkipped({ ...(await authorizationIn(world)), value: PRICE - 1n });
    });

    it("skips what has no signature", async () => {
      await expectOnlySkipped({ ...(await authorizationIn(world)), signature: "0x" });
    });

    it("skips what a blacklisted payer signed", async () => {
      await world.circle.blacklist(payer.address);
      await expectOnlySkipped(await authorizationIn(world));
    });

    it("skips what a wallet burns all its gas on, at no cost to the others' gas", async () => {
      const burner = await fromWallet("BurningWallet", "0x11");
      await expectOnlySkipped(burner);
      const [first, last] = await good();
      const hash = await settle([burner, first, burner, last, burner]);
      const { gasUsed } = await world.client.getTransactionReceipt({ hash });
      expect(gasUsed).toBeLessThan(3n * 300_000n + 250_000n);
    });

    it("skips what a wallet refuses with 10 kB of reasons, and copies none of them", async () => {
      const loud = await fromWallet("LoudWallet", "0x11");
      await expectOnlySkipped(loud);
    });
  });

  it("reverts with TooLittleGas, and skips nothing, when the gas left is not enough for the next entry", async () => {
    await expectRevert(world, settle([await authorizationIn(world)], 300_000n), ["TooLittleGas"]);
    expect(await balance()).toBe(0n);
  });

  describe("with an entry that is dear to check", () => {
    it("takes what stays within GAS_PER_ENTRY", async () => {
      const slow = await fromWallet("SlowWallet", slowness(180));
      expect(await told(world, settle([slow]))).toEqual([isSettled(slow)]);
    });

    it("skips what does not, and settle takes it alone", async () => {
      const slow = await fromWallet("SlowWallet", slowness(290));
      expect(await told(world, settle([slow]))).toEqual([isSkipped(slow)]);
      expect(await told(world, receiver.write.settle(argsOf(slow), asStranger))).toEqual([isSettled(slow)]);
    });
  });
});
