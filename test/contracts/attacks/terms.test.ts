import { type Address, getAddress, type Hex, parseEther, parseEventLogs, zeroAddress } from "viem";
import { describe, expect, it } from "vitest";
import { paymentGatewayAbi } from "../../../contracts/abi.ts";
import { avalanche, fuji } from "../../../contracts/chains.ts";
import { paymentIdOf } from "../../../contracts/payment-id.ts";
import { boundIdIn, createWorld, expectRevert, termsIn, useWorld } from "../world.ts";

const price = parseEther("1");
const world = await useWorld((world) => world.fund(price * 20n));
const { gateway, token, viem, asPayer } = world;
const merchant = world.merchant.account.address;
const asStranger = { account: world.stranger.account };

type Native = { id: Hex; to?: Address; value?: bigint };
const payNative = ({ id, to = merchant, value = price }: Native) =>
  gateway.write.payNativeFor([id, to], { ...asPayer, value });

const WRONG_AMOUNTS = [1n, price - 1n, price + 1n, price * 2n];

describe("row 1: another amount than the session costs", () => {
  it.each(WRONG_AMOUNTS)("reverts for %d wei of the native coin", async (value) => {
    const id = await boundIdIn(world);
    await expectRevert(world, payNative({ id, value }), ["PaymentIdMismatch"]);
  });

  it.each(WRONG_AMOUNTS)("reverts for %d units of a token", async (amount) => {
    const id = await boundIdIn(world, { token: token.address });
    const pay = gateway.write.payFor([id, merchant, token.address, amount], asPayer);
    await expectRevert(world, pay, ["PaymentIdMismatch"]);
  });
});

describe("row 2: other terms than those the id was made for", () => {
  it("reverts for the payer's own address as merchant", async () => {
    const pay = payNative({ id: await boundIdIn(world), to: world.payer.account.address });
    await expectRevert(world, pay, ["PaymentIdMismatch"]);
  });

  it("reverts for a worthless token instead of the one asked for", async () => {
    const worthless = await viem.deployContract("DemoToken", ["Worthless", "WRTHLS"]);
    const id = await boundIdIn(world, { token: token.address });
    const pay = gateway.write.payFor([id, merchant, worthless.address, price], asPayer);
    await expectRevert(world, pay, ["PaymentIdMismatch"]);
  });

  it("reverts for a token instead of the native coin, and the other way round", async () => {
    const native = await boundIdIn(world);
    const pay = gateway.write.payFor([native, merchant, token.address, price], asPayer);
    await expectRevert(world, pay, ["PaymentIdMismatch"]);
    await expectRevert(world, payNative({ id: await boundIdIn(world, { token: token.address }) }), [
      "PaymentIdMismatch",
    ]);
  });

  it("reverts for an id of another chain, though the gateway has the same address there", async () => {
    const away = await createWorld({ chain: "fuji" });
    expect([world.chainId, away.chainId]).toEqual([avalanche.id, fuji.id]);
    expect(away.gateway.address).toBe(gateway.address);
    await expectRevert(world, payNative({ id: await boundIdIn(away) }), ["PaymentIdMismatch"]);
  });

  it("reverts for an id of another gateway on the same chain", async () => {
    const arguments_ = [world.owner.account.address, world.treasury.account.address, 100] as const;
    const other = await viem.deployContract("PaymentGateway", [...arguments_]);
    const id = await boundIdIn(world, { gateway: other.address });
    await expectRevert(world, payNative({ id }), ["PaymentIdMismatch"]);
    await other.write.payNativeFor([id, merchant], { ...asPayer, value: price });
  });

  it("reverts for an id with another fee, expiry or salt than it was hashed with", async () => {
    const id = await boundIdIn(world);
    const later = (Number(id.slice(0, 10)) + 1).toString(16).padStart(8, "0");
    const forged: Hex[] = [`0x${later}${id.slice(10)}`, `${id.slice(0, 25)}9${id.slice(26)}` as Hex];
    forged.push(await boundIdIn(world, { feeBps: 0 }));
    for (const id of forged) await expectRevert(world, payNative({ id }), ["PaymentIdMismatch"]);
  });
});

describe("row 3: the same id twice", () => {
  it("reverts the second time, in a transaction of its own and within one batch", async () => {
    const id = await boundIdIn(world);
    const payment = { sessionId: id, merchant, token: zeroAddress, amount: price };
    const twice = gateway.write.payBatch([[payment, payment]], { ...asPayer, value: price * 2n });
    await expectRevert(world, twice, ["PaymentReplayed", id]);
    await payNative({ id });
    await expectRevert(world, payNative({ id }), ["PaymentReplayed", id]);
  });

  it("reverts with another expiry but the same salt", async () => {
    const terms = await termsIn(world);
    await payNative({ id: paymentIdOf(terms) });
    const id = paymentIdOf({ ...terms, expiry: terms.expiry + 60 });
    await expectRevert(world, payNative({ id }), ["PaymentReplayed", id]);
  });
});

describe("row 4: after expiry", () => {
  it("is accepted in the last second and reverts in the next", async () => {
    const terms = await termsIn(world);
    await world.mineAt(terms.expiry);
    await payNative({ id: paymentIdOf(terms) });
    const id = paymentIdOf({ ...terms, salt: 0n });
    await expectRevert(world, payNative({ id }), ["PaymentExpired"]);
  });
});

describe("row 5: a stranger pays the victim's session", () => {
  it("costs the stranger the full price, and the chain tells that the session is paid", async () => {
    const id = await boundIdIn(world);
    const hash = gateway.write.payNativeFor([id, merchant], { ...asStranger, value: price });
    await viem.assertions.balancesHaveChanged(hash, [{ address: merchant, amount: price - price / 100n }]);
    const { logs } = await world.client.getTransactionReceipt({ hash: await hash });
    const [paid] = parseEventLogs({ abi: paymentGatewayAbi, eventName: "Paid", logs });
    expect(paid?.args).toMatchObject({ sessionId: id, payer: getAddress(world.stranger.account.address) });
    await expectRevert(world, payNative({ id }), ["PaymentReplayed", id]);
    expect(await gateway.read.isPaid([id, merchant, zeroAddress, price])).toBe(true);
  });

  it("cannot burn the victim's salt with a cheaper id of the stranger's own", async () => {
    const terms = await termsIn(world);
    for (const changes of [{ amount: 1n }, { merchant: world.stranger.account.address }]) {
      const own = { ...terms, ...changes };
      await gateway.write.payNativeFor([paymentIdOf(own), own.merchant], { ...asStranger, value: own.amount });
    }
    await payNative({ id: paymentIdOf(terms) });
  });
});

describe("row 22: the paid session of one API used for another", () => {
  it("counts as paid for its own terms alone", async () => {
    const id = await boundIdIn(world);
    await payNative({ id });
    const other = world.other.account.address;
    expect(await gateway.read.isPaid([id, other, zeroAddress, price])).toBe(false);
    expect(await gateway.read.isPaid([id, merchant, zeroAddress, price * 2n])).toBe(false);
    await expectRevert(world, payNative({ id, to: other }), ["PaymentIdMismatch"]);
  });
});

describe("row 23: salts run out or clash", () => {
  it("accepts all 256 ids of a word once, and the next word after them", async () => {
    const terms = await termsIn(world, { amount: 1n });
    const payment = (salt: bigint) => {
      const { merchant, token, amount } = terms;
      return { sessionId: paymentIdOf({ ...terms, salt }), merchant, token, amount };
    };
    const word = 0xdead_beef_00n;
    const payments = Array.from({ length: 257 }, (_, i) => payment(word + BigInt(i)));
    await gateway.write.payBatch([payments], { ...asPayer, value: 257n });
    const [first] = payments;
    const again = payNative({ id: first?.sessionId as Hex, value: 1n });
    await expectRevert(world, again, ["PaymentReplayed", first?.sessionId]);
  });

  it("reverts the later of two quotes with one salt, so that its payer keeps the money", async () => {
    const terms = await termsIn(world);
    await payNative({ id: paymentIdOf(terms) });
    const id = paymentIdOf({ ...terms, expiry: terms.expiry + 1 });
    await expectRevert(world, payNative({ id }), ["PaymentReplayed", id]);
  });
});
