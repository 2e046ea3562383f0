import { readFileSync } from "node:fs";
import { join } from "node:path";
import { network } from "hardhat";
import { type Address, custom, getAddress } from "viem";
import { describe, expect, it } from "vitest";
import { base, baseSepolia } from "../../../contracts/chains.ts";
import { installUsdc } from "../../../dev/usdc.ts";
import SettlementReceiverModule from "../../../ignition/modules/SettlementReceiver.ts";
import { REFUND_LIMIT } from "./world.ts";

const PARAMETERS = join(import.meta.dirname, "../../../ignition/parameters");

describe("the committed parameters", () => {
  it.each([
    ["base", "base.json5", base],
    ["baseSepolia", "base-sepolia.json5", baseSepolia],
    ["base", "local.json5", base],
  ] as const)("deploy to a chain like %s with %s", async (name, file, chain) => {
    const { ignition, viem, provider } = await network.create(name);
    await installUsdc({ transport: custom(provider), mode: "hardhat" }, chain.tokens.USDC as Address);
    const { receiver } = await ignition.deploy(SettlementReceiverModule, { parameters: join(PARAMETERS, file) });
    const [deployer] = await viem.getWalletClients();
    const me = getAddress(deployer?.account.address as Address);
    expect(await receiver.read.owner()).toBe(me);
    expect(await receiver.read.treasury()).toBe(me);
    expect(await receiver.read.operator()).toBe(me);
    expect(await receiver.read.refundLimit()).toBe(REFUND_LIMIT);
  });

  it("are the same on Base and Base Sepolia, for they decide the address", () => {
    const read = (file: string) => readFileSync(join(PARAMETERS, file), "utf8");
    expect(read("base-sepolia.json5")).toBe(read("base.json5"));
  });
});

describe("USDC as dev/ installs it", () => {
  it.each([
    ["base", base, "USD Coin"],
    ["baseSepolia", baseSepolia, "USDC"],
  ] as const)("has the name that payers sign on %s", async (name, chain, expected) => {
    const { viem, provider } = await network.create(name);
    const { address, abi } = await installUsdc(
      { transport: custom(provider), mode: "hardhat" },
      chain.tokens.USDC as Address,
    );
    const client = await viem.getPublicClient();
    const read = (functionName: string) => client.readContract({ address, abi, functionName });
    expect([await read("name"), await read("version"), await read("symbol")]).toEqual([expected, "2", "USDC"]);
  });
});
