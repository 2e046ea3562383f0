import { encodeFunctionData, getAddress, type Hex, parseSignature } from "viem";
import { describe, expect, it } from "vitest";
import { usdcAbi } from "../../../contracts/abi.ts";
import { authorizationIn, expectRevert, FUNDS, PRICE, payerNo, told, toldByUsdc, useWorld } from "./world.ts";

const anna = payerNo(1);
const world = await useWorld(({ circle, stranger }) => circle.mint(stranger.account.address, FUNDS));
const { receiver, usdc, payer } = world;
const to = getAddress(receiver.address);
const balance = () => usdc.read.balanceOf([to]);

async function argsToUsdc(signer = payer) {
  const { from, value, validAfter, validBefore, nonce, signature } = await authorizationIn(world, {}, signer);
  return { terms: [from, to, value, validAfter, validBefore, nonce] as const, nonce, signature };
}

describe("a payment that runs no code of the receiver", () => {
  it("as a plain transfer arrives", async () => {
    const sent = usdc.write.transfer([to, PRICE]);
    const from = getAddress(world.stranger.account.address);
    expect(await toldByUsdc(world, sent)).toEqual([["Transfer", { from, to, value: PRICE }]]);
    expect(await balance()).toBe(PRICE);
  });

  it("as an authorization of v, r, s at USDC arrives, with USDC's proof in one piece", async () => {
    const { terms, nonce, signature } = await argsToUsdc();
    const { r, s, yParity } = parseSignature(signature);
    const sent = usdc.write.transferWithAuthorization([...terms, yParity + 27, r, s]);
    expect(await toldByUsdc(world, sent)).toEqual([
      ["AuthorizationUsed", { authorizer: payer.address, nonce }],
      ["Transfer", { from: payer.address, to, value: PRICE }],
    ]);
    expect(await told(world, sent)).toEqual([]);
    expect(await balance()).toBe(PRICE);
  });

  it("as an authorization of bytes at USDC arrives, with USDC's proof in one piece", async () => {
    const { terms, nonce, signature } = await argsToUsdc();
    const sent = usdc.write.transferWithAuthorization([...terms, signature]);
    expect(await toldByUsdc(world, sent)).toEqual([
      ["AuthorizationUsed", { authorizer: payer.address, nonce }],
      ["Transfer", { from: payer.address, to, value: PRICE }],
    ]);
  });

  it("in a stranger's multicall keeps USDC's proof in one piece", async () => {
    await world.circle.mint(anna.address, FUNDS);
    const multicall = await world.viem.deployContract("Multicall");
    const calls: Hex[] = [];
    for (const signer of [payer, anna]) {
      const { terms, signature } = await argsToUsdc(signer);
      const call = { abi: usdcAbi, functionName: "transferWithAuthorization", args: [...terms, signature] } as const;
      calls.push(encodeFunctionData(call));
    }
    const sent = multicall.write.all([usdc.address, calls]);
    expect((await toldByUsdc(world, sent)).map(([name]) => name)).toEqual([
      ...["AuthorizationUsed", "Transfer", "AuthorizationUsed", "Transfer"],
    ]);
    expect(await balance()).toBe(PRICE * 2n);
  });

  it("cannot be made with coins: it takes none but its own", async () => {
    const sent = world.stranger.sendTransaction({ to, value: 1n });
    const [actual, expected] = [world.stranger.account.address, world.pauseCoin.address].map((of) => getAddress(of));
    await expectRevert(world, sent, ["NotPauseCoin", actual, expected]);
  });
});
