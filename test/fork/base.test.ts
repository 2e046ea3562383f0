import { network } from "hardhat";
import {
  type Address,
  domainSeparator,
  encodeAbiParameters,
  getAddress,
  getContract,
  http,
  keccak256,
  parseSignature,
  parseUnits,
} from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { usdcAbi } from "../../contracts/abi.ts";
import { base } from "../../contracts/chains.ts";
import { freePort } from "../../dev/process.ts";
import { installUsdc } from "../../dev/usdc.ts";
import SettlementReceiverModule from "../../ignition/modules/SettlementReceiver.ts";
import { type Authorization, argsOf, authorizationData, freshNonce } from "../contracts/receiver/authorization.ts";
import { payerNo } from "../contracts/receiver/world.ts";
import { chainToFork, forkOf } from "./forked.ts";

const USDC = base.tokens.USDC as Address;
/** Where FiatTokenV2_2 keeps a holder's balance. */
const BALANCES_SLOT = 9n;
const FUNDS = parseUnits("1000", 6);
const PRICE = parseUnits("100", 6);
const LIMIT = parseUnits("50", 6);

const forked = await chainToFork(base, async (url) => {
  await installUsdc({ transport: http(url), mode: "hardhat" });
});
const { viem, ignition, networkHelpers, client } = await forkOf(base, forked.url);
const [owner, treasury, stranger] = await viem.getWalletClients();
if (!owner || !treasury || !stranger) throw new Error("the fork has no accounts");
const { receiver } = await ignition.deploy(SettlementReceiverModule, {
  parameters: { SettlementReceiverModule: { treasury: treasury.account.address, refundLimit: LIMIT } },
});
const usdc = getContract({ address: USDC, abi: usdcAbi, client: { public: client, wallet: stranger } });
const payer = payerNo(1);

beforeAll(async () => {
  const key = [{ type: "address" }, { type: "uint256" }] as const;
  const slot = keccak256(encodeAbiParameters(key, [payer.address, BALANCES_SLOT]));
  await networkHelpers.setStorageAt(USDC, BigInt(slot), FUNDS);
});

afterAll(() => forked.close());

describe(`the receiver on a fork of ${forked.isReal ? "Base" : "a chain that stands in for Base"}`, () => {
  it("runs on top of the other chain's blocks, under its id", async () => {
    expect(await client.getChainId()).toBe(base.id);
    const head = await client.getBlockNumber();
    expect(head).toBeGreaterThan(0n);
    if (forked.isReal) expect(head).toBeGreaterThan(1_000_000n);
  });

  it("finds USDC there, under the name and version that payers sign", async () => {
    const [name, version] = [await usdc.read.name(), await usdc.read.version()];
    expect([name, version, await usdc.read.decimals()]).toEqual(["USD Coin", "2", 6]);
    const domain = { name, version, chainId: base.id, verifyingContract: USDC };
    expect(await usdc.read.DOMAIN_SEPARATOR()).toBe(domainSeparator({ domain }));
    expect(await usdc.read.balanceOf([payer.address])).toBe(FUNDS);
    expect(await receiver.read.usdc()).toBe(getAddress(USDC));
  });

  it("takes an authorization through settle, once", async () => {
    const one = await authorization();
    const settle = receiver.write.settle(argsOf(one), { account: stranger.account });
    await viem.assertions.emitWithArgs(settle, receiver, "Settled", [payer.address, one.nonce, PRICE]);
    const again = receiver.write.settle(argsOf(one), { account: stranger.account });
    await expect(again).rejects.toThrow("authorization is used or canceled");
  });

  it("takes one that is submitted straight to USDC", async () => {
    const before = await usdc.read.balanceOf([receiver.address]);
    const { from, value, validAfter, validBefore, nonce, signature } = await authorization();
    const { r, s, yParity } = parseSignature(signature);
    const terms = [from, receiver.address, value, validAfter, validBefore, nonce] as const;
    await usdc.write.transferWithAuthorization([...terms, yParity + 27, r, s]);
    expect(await usdc.read.balanceOf([receiver.address])).toBe(before + PRICE);
  });

  it("takes a batch, and skips what is in it twice", async () => {
    const [one, two] = [await authorization(), await authorization()];
    const batch = receiver.write.settleBatch([[one, two, two]], { account: stranger.account });
    const { logs } = await client.getTransactionReceipt({ hash: await batch });
    const events = await receiver.getEvents.Skipped({}, { blockHash: logs[0]?.blockHash as `0x${string}` });
    expect(events.map(({ args }) => args.nonce)).toEqual([two.nonce]);
    expect(logs.filter(({ address }) => address === USDC.toLowerCase())).toHaveLength(4);
  });

  it("refunds the payer and sweeps to the treasury", async () => {
    const one = await authorization();
    await receiver.write.settle(argsOf(one), { account: stranger.account });
    const balance = await usdc.read.balanceOf([receiver.address]);
    const hoard = await usdc.read.balanceOf([treasury.account.address]);
    await receiver.write.refund([payer.address, one.nonce, LIMIT], { account: owner.account });
    await receiver.write.sweep({ account: stranger.account });
    expect(await usdc.read.balanceOf([treasury.account.address])).toBe(hoard + balance - LIMIT - LIMIT - 1n);
    expect(await usdc.read.balanceOf([receiver.address])).toBe(LIMIT + 1n);
  });
});

describe("when the fork that was asked for is not there", () => {
  it("fails instead of skipping", async () => {
    await expect(forkOf(base, `http://127.0.0.1:${await freePort()}`)).rejects.toThrow("fetch failed");
  });

  it("fails for another chain", async () => {
    const other = await network.createServer("baseSepolia", "127.0.0.1");
    const { address, port } = await other.listen();
    await expect(forkOf(base, `http://${address}:${port}`)).rejects.toThrow("serves chain 84532 instead of 8453");
    await other.close();
  });
});

async function authorization(): Promise<Authorization> {
  const { timestamp } = await client.getBlock();
  const terms = { from: payer.address, value: PRICE, validAfter: 0n, validBefore: timestamp + 600n };
  const wanted = { ...terms, to: receiver.address, nonce: freshNonce() };
  const token = { address: USDC, name: "USD Coin", chainId: base.id };
  const signature = await payer.signTypedData(authorizationData(token, wanted));
  return { ...terms, nonce: wanted.nonce, signature };
}
