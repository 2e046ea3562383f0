import {
  type Address,
  encodeAbiParameters,
  encodeFunctionData,
  getAddress,
  type Hex,
  serializeErc6492Signature,
  zeroAddress,
} from "viem";
import { describe, expect, it } from "vitest";
import { settlementReceiverAbi } from "../../../../contracts/abi.ts";
import { argsOf } from "../authorization.ts";
import { authorizationIn, FUNDS, PRICE, payerNo, settled, told, useWorld } from "../world.ts";

const key = payerNo(7);
const account = payerNo(8);
const world = await useWorld(({ circle }) => circle.mint(account.address, FUNDS));
const { receiver, usdc, viem, circle } = world;
const asStranger = { account: world.stranger.account };
const paid = () => usdc.read.balanceOf([receiver.address]);

type Authorization = Awaited<ReturnType<typeof authorizationIn>>;

/** An authorization of the wallet at `from`, signed by `key`. */
const byKey = async (from: Address) => authorizationIn(world, { from: getAddress(from) }, key);
const settle = (authorization: Authorization) => receiver.write.settle(argsOf(authorization), asStranger);
const batch = async (...entries: Authorization[]) =>
  (await told(world, receiver.write.settleBatch([entries], asStranger))).map(([name]) => name);

async function ownedWallet() {
  const wallet = await viem.deployContract("OwnedWallet", [key.address]);
  await circle.mint(wallet.address, FUNDS);
  return wallet;
}

/** It settles nowhere, neither alone nor beside a good one, and takes nothing. */
async function expectRefused(authorization: Authorization, reason: RegExp = /invalid signature/) {
  await expect(settle(authorization)).rejects.toThrow(reason);
  expect(await batch(authorization, await authorizationIn(world))).toEqual(["Skipped", "Settled"]);
  expect(await paid()).toBe(PRICE);
}

describe("row 17: the payer is a contract (ERC-1271)", () => {
  it("settles, alone and in a batch, what its owner signed", async () => {
    const wallet = await ownedWallet();
    await settle(await byKey(wallet.address));
    expect(await batch(await byKey(wallet.address))).toEqual(["Settled"]);
    expect(await paid()).toBe(PRICE * 2n);
    expect(await usdc.read.balanceOf([wallet.address])).toBe(FUNDS - PRICE * 2n);
  });

  it("that changes its answer between check and settlement settles nothing, and nothing says so", async () => {
    const wallet = await ownedWallet();
    const authorization = await byKey(wallet.address);
    await receiver.simulate.settle(argsOf(authorization));
    await wallet.write.setOwner([world.other.account.address]);
    await expectRefused(authorization);
  });

  it("that changes its answer after settlement has paid", async () => {
    const wallet = await ownedWallet();
    const authorization = await byKey(wallet.address);
    await settle(authorization);
    await wallet.write.setOwner([world.other.account.address]);
    expect(await paid()).toBe(PRICE);
    await expect(settle(authorization)).rejects.toThrow("is used or canceled");
  });

  it("that wants to settle another payment from within cannot: it is asked without leave to change state", async () => {
    const wallet = await viem.deployContract("ReentrantWallet");
    await circle.mint(wallet.address, FUNDS);
    const inner = await authorizationIn(world);
    const outer = { ...(await byKey(wallet.address)) };
    for (const call of [
      encodeFunctionData({ abi: settlementReceiverAbi, functionName: "settle", args: argsOf(inner) }),
      encodeFunctionData({ abi: settlementReceiverAbi, functionName: "settleBatch", args: [[inner]] }),
      encodeFunctionData({ abi: settlementReceiverAbi, functionName: "sweep" }),
    ]) {
      const signature = encodeAbiParameters([{ type: "address" }, { type: "bytes" }], [receiver.address, call]);
      await expect(settle({ ...outer, signature })).rejects.toThrow("invalid signature");
    }
    expect(await usdc.read.authorizationState([inner.from, inner.nonce])).toBe(false);
    // It can look, and then it pays like any other.
    const look = encodeFunctionData({ abi: settlementReceiverAbi, functionName: "paused" });
    const signature = encodeAbiParameters([{ type: "address" }, { type: "bytes" }], [receiver.address, look]);
    await settle({ ...outer, signature });
    expect(await paid()).toBe(PRICE);
  });
});

describe("row 17: the payer is a contract that is not deployed (ERC-6492)", () => {
  async function undeployed() {
    const factory = await viem.deployContract("WalletFactory");
    const from = getAddress(await factory.read.addressOf([key.address]));
    await circle.mint(from, FUNDS);
    const authorization = await byKey(from);
    const data = encodeFunctionData({ abi: factory.abi, functionName: "deploy", args: [key.address] });
    const signature = serializeErc6492Signature({ address: factory.address, data, signature: authorization.signature });
    return { factory, plain: authorization, wrapped: { ...authorization, signature } };
  }

  it("fails before service, wrapped or not: USDC knows no ERC-6492", async () => {
    const { plain, wrapped } = await undeployed();
    await expect(settle(plain)).rejects.toThrow("invalid signature");
    await expectRefused(wrapped, /invalid signature/);
  });

  it("settles once it is deployed, with the signature that was inside", async () => {
    const { factory, plain, wrapped } = await undeployed();
    await factory.write.deploy([key.address]);
    await expect(settle(wrapped)).rejects.toThrow(/reverted|invalid signature/);
    expect(await batch(wrapped, plain)).toEqual(["Skipped", "Settled"]);
    expect(await paid()).toBe(PRICE);
  });
});

describe("row 17: the payer is an account with code (EIP-7702)", () => {
  /** Makes the account run the code of `implementation`, or none with the zero address. */
  async function delegateTo(implementation: Address) {
    const nonce = await world.client.getTransactionCount({ address: account.address });
    const wanted = { address: implementation, chainId: world.token.chainId, nonce };
    const authorization = await account.signAuthorization?.(wanted);
    const call = { to: world.stranger.account.address, authorizationList: [authorization] };
    await world.stranger.sendTransaction(call as never);
    const code = await world.client.getCode({ address: account.address });
    expect(code).toBe(implementation === zeroAddress ? undefined : `0xef0100${implementation.slice(2).toLowerCase()}`);
  }

  it("settles with its own key where that code knows signatures", async () => {
    const wallet = await viem.deployContract("OwnedWallet", [zeroAddress]);
    const before = await authorizationIn(world, {}, account);
    await delegateTo(wallet.address);
    await settle(before);
    expect(await batch(await authorizationIn(world, {}, account))).toEqual(["Settled"]);
    expect(await paid()).toBe(PRICE * 2n);
  });

  it("fails before service where that code does not, though its key signed", async () => {
    const before = await authorizationIn(world, {}, account);
    await delegateTo((await viem.deployContract("MuteWallet")).address);
    await expectRefused(before);
  });

  it("settles again once it is an account like any other", async () => {
    await delegateTo((await viem.deployContract("MuteWallet")).address);
    await delegateTo(zeroAddress);
    await settled(world, {}, account);
    expect(await paid()).toBe(PRICE);
  });
});

describe("row 17: a signature in another shape", () => {
  it.each([
    ["of 64 bytes (EIP-2098)", (signature: Hex): Hex => `0x${signature.slice(2, 130)}`],
    ["with s in the upper half", upperS],
    ["with a byte too many", (signature: Hex): Hex => `${signature}00`],
  ])("%s is refused: one payment has one signature", async (_, change) => {
    const authorization = await authorizationIn(world);
    const changed = { ...authorization, signature: change(authorization.signature) };
    await expect(settle(changed)).rejects.toThrow(/invalid signature/);
    await settle(authorization);
    expect(await paid()).toBe(PRICE);
  });
});

const ORDER = 0xffffffff_ffffffff_ffffffff_fffffffe_baaedce6_af48a03b_bfd25e8c_d0364141n;

/** The other signature that the same key could have made. */
function upperS(signature: Hex): Hex {
  const s = (ORDER - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, "0");
  const v = signature.endsWith("1b") ? "1c" : "1b";
  return `${signature.slice(0, 66) as Hex}${s}${v}`;
}
