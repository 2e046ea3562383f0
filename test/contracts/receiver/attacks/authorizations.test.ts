import { getAddress, type Hex } from "viem";
import { describe, expect, it } from "vitest";
import { argsOf, authorizationData, freshNonce, signCancellation } from "../authorization.ts";
import { authorizationIn, FUNDS, PRICE, settled, termsIn, told, toldByUsdc, useWorld } from "../world.ts";

const world = await useWorld();
const { receiver, usdc, payer } = world;
const asStranger = { account: world.stranger.account };
const to = getAddress(receiver.address);
const paid = () => usdc.read.balanceOf([to]);

type Authorization = Awaited<ReturnType<typeof authorizationIn>>;

function submitToUsdc({ from, value, validAfter, validBefore, nonce, signature }: Authorization, payee = to) {
  return usdc.write.transferWithAuthorization([from, payee, value, validAfter, validBefore, nonce, signature]);
}

async function cancel({ nonce }: Authorization) {
  const signature = await signCancellation(world.token, payer, nonce);
  return usdc.write.cancelAuthorization([payer.address, nonce, signature]);
}

describe("row 14: a stranger submits the authorization before the facilitator", () => {
  it("pays us all the same, and USDC's logs say so", async () => {
    const authorization = await authorizationIn(world);
    expect(await toldByUsdc(world, submitToUsdc(authorization))).toEqual([
      ["AuthorizationUsed", { authorizer: payer.address, nonce: authorization.nonce }],
      ["Transfer", { from: payer.address, to, value: PRICE }],
    ]);
    expect(await paid()).toBe(PRICE);
  });

  it("through settle tells nothing that he could have forged: payer, nonce and amount are the signed ones", async () => {
    const authorization = await authorizationIn(world);
    const { nonce, value: amount } = authorization;
    const settle = receiver.write.settle(argsOf(authorization), asStranger);
    expect(await told(world, settle)).toEqual([["Settled", { payer: payer.address, nonce, amount }]]);
  });

  it("is no second payment when the facilitator comes: settle reverts, settleBatch skips", async () => {
    const authorization = await authorizationIn(world);
    await submitToUsdc(authorization);
    await expect(receiver.write.settle(argsOf(authorization), asStranger)).rejects.toThrow("is used or canceled");
    expect(await told(world, receiver.write.settleBatch([[authorization]], asStranger))).toEqual([
      ["Skipped", { payer: payer.address, nonce: authorization.nonce }],
    ]);
    expect(await paid()).toBe(PRICE);
    expect(await usdc.read.balanceOf([payer.address])).toBe(FUNDS - PRICE);
  });

  it("spoils no batch that holds it", async () => {
    const [front, good] = [await authorizationIn(world), await authorizationIn(world)];
    await submitToUsdc(front);
    const names = (await told(world, receiver.write.settleBatch([[front, good]], asStranger))).map(([name]) => name);
    expect(names).toEqual(["Skipped", "Settled"]);
    expect(await paid()).toBe(PRICE * 2n);
  });
});

describe("row 15: the payer makes the nonce useless", () => {
  it("by a cancellation: it reads as used, but nothing settles and nothing says so", async () => {
    const authorization = await authorizationIn(world);
    const { nonce } = authorization;
    expect(await toldByUsdc(world, cancel(authorization))).toEqual([
      ["AuthorizationCanceled", { authorizer: payer.address, nonce }],
    ]);
    expect(await usdc.read.authorizationState([payer.address, nonce])).toBe(true);
    await expect(receiver.write.settle(argsOf(authorization), asStranger)).rejects.toThrow("is used or canceled");
    const batch = await told(world, receiver.write.settleBatch([[authorization]], asStranger));
    expect(batch).toEqual([["Skipped", { payer: payer.address, nonce }]]);
    expect(await paid()).toBe(0n);
  });

  it("by a payment to somebody else: it reads as used, but nothing settles and nothing says so", async () => {
    const authorization = await authorizationIn(world);
    const { nonce } = authorization;
    const elsewhere = getAddress(world.other.account.address);
    const decoy = await authorizationIn(world, { to: elsewhere, nonce });
    expect(await toldByUsdc(world, submitToUsdc(decoy, elsewhere))).toEqual([
      ["AuthorizationUsed", { authorizer: payer.address, nonce }],
      ["Transfer", { from: payer.address, to: elsewhere, value: PRICE }],
    ]);
    const batch = await told(world, receiver.write.settleBatch([[authorization, decoy]], asStranger));
    expect(batch.map(([name]) => name)).toEqual(["Skipped", "Skipped"]);
    expect(await paid()).toBe(0n);
  });

  it("too late, after it was settled: the payment stays", async () => {
    const authorization = await settled(world);
    await expect(cancel(authorization)).rejects.toThrow("is used or canceled");
    expect(await paid()).toBe(PRICE);
  });
});

describe("row 16: a ReceiveWithAuthorization is submitted at the token", () => {
  it("reverts, for only the payee may, and the payee never does", async () => {
    const terms = await termsIn(world, { nonce: freshNonce() });
    const signature = await payer.signTypedData(authorizationData(world.token, terms, "Receive"));
    const { from, value, validAfter, validBefore, nonce } = terms;
    const args = [from, to, value, validAfter, validBefore, nonce, signature] as const;
    await expect(usdc.write.receiveWithAuthorization(args)).rejects.toThrow("caller must be the payee");
    const settle = receiver.write.settle([from, value, validAfter, validBefore, nonce, signature], asStranger);
    await expect(settle).rejects.toThrow("invalid signature");
    expect(await paid()).toBe(0n);
    expect(await usdc.read.authorizationState([from, nonce])).toBe(false);
  });
});

describe("row 18: the same authorization comes ten times at once", () => {
  it("settles once in one block: one pays, nine revert", async () => {
    const { provider } = world.connection;
    const authorization = await authorizationIn(world);
    await provider.request({ method: "evm_setAutomine", params: [false] });
    // A given limit, for the gas of what will revert cannot be estimated.
    const options = { ...asStranger, gas: 200_000n };
    const hashes: Hex[] = [];
    for (let i = 0; i < 10; i++) hashes.push(await receiver.write.settle(argsOf(authorization), options));
    await provider.request({ method: "evm_mine" });
    await provider.request({ method: "evm_setAutomine", params: [true] });
    const receipts = await Promise.all(hashes.map((hash) => world.client.getTransactionReceipt({ hash })));
    expect(receipts.map(({ status }) => status)).toEqual(["success", ...Array.from({ length: 9 }, () => "reverted")]);
    expect(new Set(receipts.map(({ blockNumber }) => blockNumber)).size).toBe(1);
    expect(await paid()).toBe(PRICE);
  });

  it("settles once in one batch", async () => {
    const authorization = await authorizationIn(world);
    const batch = Array.from({ length: 10 }, () => authorization);
    const names = (await told(world, receiver.write.settleBatch([batch], asStranger))).map(([name]) => name);
    expect(names).toEqual(["Settled", ...Array.from({ length: 9 }, () => "Skipped")]);
    expect(await paid()).toBe(PRICE);
  });
});
