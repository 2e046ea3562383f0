import { network } from "hardhat";
import { type Address, getAddress, parseEther, parseUnits, zeroAddress } from "viem";
import { afterAll, describe, expect, it } from "vitest";
import { avalanche } from "../../contracts/chains.ts";
import { type BoundTerms, paymentIdOf } from "../../contracts/payment-id.ts";
import { freePort } from "../../dev/process.ts";
import PaymentGatewayModule from "../../ignition/modules/PaymentGateway.ts";
import { signPermit } from "../contracts/permit.ts";
import { ARENA_DOMAIN, chainToFork, forkOf } from "./forked.ts";

const ARENA = avalanche.tokens.ARENA as Address;
const AMOUNT = parseEther("1");
const FEE = AMOUNT / 100n;

const forked = await chainToFork(avalanche);
const fork = await forkOf(avalanche, forked.url);
const { viem, ignition, client } = fork;
const [deployer, payer, merchant] = await viem.getWalletClients();
if (!deployer || !payer || !merchant) throw new Error("the fork has no accounts");
const { gateway } = await ignition.deploy(PaymentGatewayModule, {
  parameters: { PaymentGatewayModule: { feeBps: 100 } },
});
const arena = await fork.installToken(ARENA);

afterAll(() => forked.close());

describe(`the gateway on a fork of ${forked.isReal ? "Avalanche" : "a chain that stands in for Avalanche"}`, () => {
  it("runs on top of the other chain's blocks, under its id", async () => {
    expect(await client.getChainId()).toBe(avalanche.id);
    const head = await viem.getPublicClient().then(({ getBlockNumber }) => getBlockNumber());
    expect(head).toBeGreaterThan(0n);
    if (forked.isReal) expect(head).toBeGreaterThan(1_000_000n);
  });

  it("takes AVAX", async () => {
    const id = paymentIdOf(await terms({ token: zeroAddress, salt: 1n }));
    const pay = gateway.write.payNativeFor([id, merchant.account.address], { account: payer.account, value: AMOUNT });
    await viem.assertions.emitWithArgs(pay, gateway, "Paid", paid(id, zeroAddress));
    await expect(
      gateway.write.payNativeFor([id, merchant.account.address], { account: payer.account, value: AMOUNT }),
    ).rejects.toThrow(/PaymentReplayed/);
  });

  it("takes an ERC-20 at ARENA's address by approve", async () => {
    const id = paymentIdOf(await terms({ token: ARENA, salt: 2n }));
    await arena.write.mint([payer.account.address, AMOUNT]);
    await arena.write.approve([gateway.address, AMOUNT], { account: payer.account });
    const pay = gateway.write.payFor([id, merchant.account.address, ARENA, AMOUNT], { account: payer.account });
    await viem.assertions.emitWithArgs(pay, gateway, "Paid", paid(id, ARENA));
    expect(await arena.read.balanceOf([merchant.account.address])).toBe(AMOUNT - FEE);
    expect(await arena.read.balanceOf([gateway.address])).toBe(FEE);
  });

  it("takes an ERC-20 at ARENA's address by permit", async () => {
    const id = paymentIdOf(await terms({ token: ARENA, salt: 3n }));
    await arena.write.mint([payer.account.address, AMOUNT]);
    const nonce = await arena.read.nonces([payer.account.address]);
    const wanted = {
      token: ARENA,
      ...ARENA_DOMAIN,
      nonce,
      value: AMOUNT,
      deadline: (await client.getBlock()).timestamp + 600n,
    };
    const { deadline, v, r, s } = await signPermit({ payer, gateway, chainId: avalanche.id }, wanted);
    const args = [id, merchant.account.address, ARENA, AMOUNT, deadline, v, r, s] as const;
    await viem.assertions.emitWithArgs(
      gateway.write.payForWithPermit(args, { account: payer.account }),
      gateway,
      "Paid",
      paid(id, ARENA),
    );
  });

  it("has 18 decimals at ARENA's address", async () => {
    expect(await arena.read.decimals()).toBe(18);
    expect(parseUnits("1", 18)).toBe(AMOUNT);
  });
});

describe("when the fork that was asked for is not there", () => {
  it("fails instead of skipping", async () => {
    await expect(forkOf(avalanche, `http://127.0.0.1:${await freePort()}`)).rejects.toThrow("fetch failed");
  });

  it("fails for another chain", async () => {
    const other = await network.createServer("fuji", "127.0.0.1");
    const { address, port } = await other.listen();
    await expect(forkOf(avalanche, `http://${address}:${port}`)).rejects.toThrow("serves chain 43113 instead of 43114");
    await other.close();
  });
});

async function terms(given: Pick<BoundTerms, "token" | "salt">): Promise<BoundTerms> {
  const { timestamp } = await client.getBlock();
  return {
    chainId: avalanche.id,
    gateway: gateway.address,
    merchant: merchant?.account.address as Address,
    amount: AMOUNT,
    feeBps: 100,
    expiry: Number(timestamp) + 600,
    ...given,
  };
}

function paid(id: string, token: Address) {
  const [from, to] = [payer, merchant].map((wallet) => getAddress(wallet?.account.address as Address));
  return [id, from, to, token, AMOUNT, FEE, AMOUNT - FEE] as never;
}
