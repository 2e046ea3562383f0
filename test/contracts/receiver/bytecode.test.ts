import hre from "hardhat";
import { getAddress, type Hex, pad, parseUnits, size, sliceHex, toHex } from "viem";
import { describe, expect, it } from "vitest";
import { CALL, FORBIDDEN, opcodes } from "../opcodes.ts";
import { REFUND_LIMIT, useWorld } from "./world.ts";

const world = await useWorld();
const { receiver, usdc } = world;
const asOwner = { account: world.owner.account };
const artifact = await hre.artifacts.readArtifact("SettlementReceiver");
const built = artifact.deployedBytecode as Hex;

describe("the deployed code", () => {
  it("is the build's to the byte, with the addresses of USDC and the coin in the places left open, and no library", async () => {
    const code = (await world.client.getCode({ address: receiver.address })) as Hex;
    const open = Object.values(artifact.immutableReferences ?? {});
    const words = open.map(([first]) => sliceHex(code, first?.start, (first?.start as number) + 32));
    let expected: string = built;
    for (const [i, places] of open.entries()) {
      for (const { start } of places) {
        const at = 2 + start * 2;
        expected = expected.slice(0, at) + words[i]?.slice(2) + expected.slice(at + 64);
      }
    }
    expect(code).toBe(expected);
    const addresses = [usdc.address, world.pauseCoin.address].map((of) => pad(of.toLowerCase() as Hex));
    expect(words.sort()).toEqual(addresses.sort());
  });

  it("is smaller than 10 kB", () => {
    expect(size(built)).toBeLessThan(10_240);
  });

  it("cannot delegate, create or destroy", () => {
    const found = opcodes(built);
    expect(found.has(CALL)).toBe(true);
    for (const opcode of Object.values(FORBIDDEN)) expect(found.has(opcode)).toBe(false);
  });
});

describe("the storage layout", () => {
  const slot = async (index: number) =>
    (await world.client.getStorageAt({ address: receiver.address, slot: toHex(index) })) as Hex;

  it("keeps owner and pending owner in slots 0 and 1", async () => {
    await receiver.write.transferOwnership([world.other.account.address], asOwner);
    expect(getAddress(sliceHex(await slot(0), 12))).toBe(getAddress(world.owner.account.address));
    expect(getAddress(sliceHex(await slot(1), 12))).toBe(getAddress(world.other.account.address));
  });

  it("packs what a sweep reads, treasury and refund limit, into slot 2", async () => {
    const outflow = await slot(2);
    expect(BigInt(sliceHex(outflow, 0, 12))).toBe(REFUND_LIMIT);
    expect(getAddress(sliceHex(outflow, 12))).toBe(getAddress(world.treasury.account.address));
  });

  it("packs what a settlement or a refund reads, operator and pause, into slot 3", async () => {
    await receiver.write.pause(asOwner);
    const access = await slot(3);
    expect(BigInt(sliceHex(access, 0, 12))).toBe(1n);
    expect(getAddress(sliceHex(access, 12))).toBe(getAddress(world.operator.account.address));
  });

  it("keeps the proposals in slots 4 and 5", async () => {
    await receiver.write.proposeTreasury([world.other.account.address], asOwner);
    await receiver.write.setRefundLimit([REFUND_LIMIT + parseUnits("1", 6)], asOwner);
    const [treasury, limit] = [await slot(4), await slot(5)];
    expect(getAddress(sliceHex(treasury, 12))).toBe(getAddress(world.other.account.address));
    expect(BigInt(sliceHex(limit, 20))).toBe(REFUND_LIMIT + parseUnits("1", 6));
  });
});
