import { encodeFunctionData, getAddress, parseUnits } from "viem";
import { describe, expect, it } from "vitest";
import { settlementReceiverAbi } from "../../../../contracts/abi.ts";
import { signCancellation } from "../authorization.ts";
import {
  authorizationIn,
  DAY_SEC,
  expectRevert,
  FUNDS,
  PRICE,
  payerNo,
  REFUND_LIMIT,
  settled,
  useWorld,
} from "../world.ts";

const thief = payerNo(66);
const HOARD = parseUnits("100000", 6);
const world = await useWorld(({ circle, receiver }) => circle.mint(receiver.address, HOARD));
const { receiver, usdc } = world;
const asOperator = { account: world.operator.account };
const asOwner = { account: world.owner.account };

const steal = (nonce: `0x${string}`, amount: bigint) =>
  receiver.write.refund([thief.address, nonce, amount], asOperator);
const loot = () => usdc.read.balanceOf([thief.address]);

/** The cheapest nonce that reads as used: the thief cancels one of his own, and pays nothing. */
async function burntNonce(): Promise<`0x${string}`> {
  const { nonce } = await authorizationIn(world, {}, thief);
  await usdc.write.cancelAuthorization([thief.address, nonce, await signCancellation(world.token, thief, nonce)]);
  return nonce;
}

describe("row 13: the operator's key is stolen", () => {
  it("costs no more than the refund limit within any 24 hours, however it is split", async () => {
    const part = REFUND_LIMIT / 4n;
    const start = (await world.nowSec()) + 1_000n;
    for (let i = 0n; i < 4n; i++) {
      const nonce = await burntNonce();
      await world.mineAt(start + i * 3_600n);
      await steal(nonce, part);
    }
    const more = await burntNonce();
    await world.mineAt(start + DAY_SEC - 1n);
    await expectRevert(world, steal(more, 1n), ["RefundLimitExceeded", 1n, 0n]);
    expect(await loot()).toBe(REFUND_LIMIT);
  });

  it("costs nothing more once the owner has taken the role away", async () => {
    await steal(await burntNonce(), 1n);
    await receiver.write.setOperator([world.other.account.address], asOwner);
    const [actual, expected] = [world.operator, world.other].map(({ account }) => getAddress(account.address));
    await expectRevert(world, steal(await burntNonce(), 1n), ["NotOperator", actual, expected]);
    expect(await loot()).toBe(1n);
  });

  it("pays only accounts that used a nonce, and one nonce once", async () => {
    const fresh = (await authorizationIn(world, {}, thief)).nonce;
    await expectRevert(world, steal(fresh, 1n), ["AuthorizationUnused", thief.address, fresh]);
    const { nonce } = await settled(world);
    await expectRevert(world, steal(nonce, 1n), ["AuthorizationUnused", thief.address, nonce]);
    const burnt = await burntNonce();
    await steal(burnt, 1n);
    await expectRevert(world, steal(burnt, 1n), ["AlreadyRefunded", thief.address, burnt]);
  });

  it("cannot raise the limit, pause, or name a treasury", async () => {
    const me = getAddress(world.operator.account.address);
    for (const call of [
      () => receiver.write.setRefundLimit([HOARD], asOperator),
      () => receiver.write.pause(asOperator),
      () => receiver.write.proposeTreasury([thief.address], asOperator),
      () => receiver.write.setOperator([thief.address], asOperator),
    ]) {
      await expectRevert(world, call(), ["OwnableUnauthorizedAccount", me]);
    }
  });

  it("loses nothing of what is swept, by anyone, at any time", async () => {
    await receiver.write.sweep({ account: world.stranger.account });
    await steal(await burntNonce(), REFUND_LIMIT);
    expect(await usdc.read.balanceOf([receiver.address])).toBe(1n);
    expect(await usdc.read.balanceOf([world.treasury.account.address])).toBe(HOARD - REFUND_LIMIT - 1n);
  });

  it("leaves the payers' money alone", async () => {
    await settled(world);
    expect(await usdc.read.balanceOf([world.payer.address])).toBe(FUNDS - PRICE);
  });
});

describe("row 13, milder: a role's holder is tricked into calling a contract of the thief's", () => {
  it("refunds nothing and accepts nothing: who sent the transaction does not count", async () => {
    const relay = await world.viem.deployContract("Relay");
    const me = getAddress(relay.address);
    const [operator, heir] = [world.operator, world.other].map(({ account }) => getAddress(account.address));
    const args = [thief.address, await burntNonce(), 1n] as const;
    const refund = encodeFunctionData({ abi: settlementReceiverAbi, functionName: "refund", args });
    await expectRevert(world, relay.write.forward([receiver.address, refund], asOperator), [
      "NotOperator",
      me,
      operator,
    ]);
    await receiver.write.proposeTreasury([world.other.account.address], asOwner);
    const accept = encodeFunctionData({ abi: settlementReceiverAbi, functionName: "acceptTreasury" });
    const asHeir = { account: world.other.account };
    const call = relay.write.forward([receiver.address, accept], asHeir);
    await expectRevert(world, call, ["NotProposedTreasury", me, heir]);
  });
});

describe("row 13, worse: the owner's key is stolen", () => {
  it("gives the thief no more than the refund limit a day for two days", async () => {
    await receiver.write.setOperator([world.stranger.account.address], asOwner);
    const now = (await world.nowSec()) + 100n;
    await world.mineAt(now);
    await receiver.write.setRefundLimit([HOARD], asOwner);
    await receiver.write.proposeTreasury([world.other.account.address], asOwner);
    const nonce = await burntNonce();
    const call = receiver.write.refund([thief.address, nonce, REFUND_LIMIT + 1n], { account: world.stranger.account });
    await expectRevert(world, call, ["RefundLimitExceeded", REFUND_LIMIT + 1n, REFUND_LIMIT]);
    await world.mineAt(now + 2n * DAY_SEC - 1n);
    await expectRevert(world, receiver.write.acceptRefundLimit(), ["TooEarly"]);
    await expectRevert(world, receiver.write.acceptTreasury({ account: world.other.account }), ["TooEarly"]);
    // All that time anyone may bring the rest to safety.
    await receiver.write.sweep({ account: world.other.account });
    expect(await usdc.read.balanceOf([world.treasury.account.address])).toBe(HOARD - REFUND_LIMIT - 1n);
  });
});
