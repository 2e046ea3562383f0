import hre from "hardhat";
import { getAddress, type Hex, size, sliceHex, toHex } from "viem";
import { describe, expect, it } from "vitest";
import { CALL, FORBIDDEN, opcodes } from "./opcodes.ts";
import { DAY_SEC, FEE_BPS, useWorld } from "./world.ts";

const world = await useWorld();
const { gateway } = world;
const artifact = await hre.artifacts.readArtifact("PaymentGateway");

describe("the deployed code", () => {
  it("is the build's to the byte: no immutable and no library makes it differ from chain to chain", async () => {
    expect(await world.client.getCode({ address: gateway.address })).toBe(artifact.deployedBytecode);
  });

  it("is smaller than 8 kB", () => {
    expect(size(artifact.deployedBytecode as Hex)).toBeLessThan(8_192);
  });

  it("cannot delegate, create or destroy", () => {
    const found = opcodes(artifact.deployedBytecode as Hex);
    expect(found.has(CALL)).toBe(true);
    for (const opcode of Object.values(FORBIDDEN)) expect(found.has(opcode)).toBe(false);
  });
});

describe("the storage layout", () => {
  const slot = async (index: number) =>
    (await world.client.getStorageAt({ address: gateway.address, slot: toHex(index) })) as Hex;

  it("keeps owner and pending owner in slots 0 and 1", async () => {
    await gateway.write.transferOwnership([world.other.account.address], { account: world.owner.account });
    expect(getAddress(sliceHex(await slot(0), 12))).toBe(getAddress(world.owner.account.address));
    expect(getAddress(sliceHex(await slot(1), 12))).toBe(getAddress(world.other.account.address));
  });

  it("packs fee recipient, fees, their second and the pause into slot 2, and uses no more", async () => {
    const now = (await world.nowSec()) + 100;
    await world.mineAt(now);
    await gateway.write.setFeeBps([FEE_BPS * 2], { account: world.owner.account });
    await gateway.write.pause({ account: world.owner.account });
    const settings = await slot(2);
    expect(sliceHex(settings, 0, 2)).toBe(`0x${"01".padStart(4, "0")}`);
    expect(Number(sliceHex(settings, 2, 8))).toBe(now + DAY_SEC);
    expect(Number(sliceHex(settings, 8, 10))).toBe(FEE_BPS * 2);
    expect(Number(sliceHex(settings, 10, 12))).toBe(FEE_BPS);
    expect(getAddress(sliceHex(settings, 12))).toBe(getAddress(world.treasury.account.address));
    expect(BigInt(await slot(3))).toBe(0n);
  });
});
