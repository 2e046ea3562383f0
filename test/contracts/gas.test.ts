import { readFileSync } from "node:fs";
import { parseEther } from "viem";
import { describe, expect, it } from "vitest";
import { type Figure, measureGas } from "./gas-table.ts";
import { boundIdIn, createWorld } from "./world.ts";

const SNAPSHOT = new URL("gas-snapshot.json", import.meta.url);
const TOLERANCE = 1.01;

const measured = await measureGas();
const committed = JSON.parse(readFileSync(SNAPSHOT, "utf8")) as Record<string, Figure>;

describe("gas, steady state, 1 % fee", () => {
  it("has a committed figure for every path, and no other", () => {
    expect(Object.keys(committed)).toEqual(Object.keys(measured));
  });

  for (const [path, figure] of Object.entries(measured)) {
    it(`${path} costs no more than 1 % above its snapshot, in both columns`, () => {
      const before = committed[path] as Figure;
      expect(figure.gasUsed).toBeLessThanOrEqual(before.gasUsed * TOLERANCE);
      expect(figure.withoutRefunds).toBeLessThanOrEqual(before.withoutRefunds * TOLERANCE);
    });
    if (figure.target === undefined) continue;
    it(`${path} meets its target of ${figure.target} without refunds`, () => {
      expect(figure.withoutRefunds).toBeLessThanOrEqual(figure.target as number);
    });
  }
});

describe("row 24: a wallet sets ten times the gas", () => {
  it("uses the same gas under any limit, so that a tight hint is enough", async () => {
    const world = await createWorld();
    const value = parseEther("1");
    const used = async (salt: bigint, gas: bigint) => {
      const id = await boundIdIn(world, { salt, expiry: 0xffff_ffff });
      const call = { ...world.asPayer, value, gas };
      const hash = await world.gateway.write.payNativeFor([id, world.merchant.account.address], call);
      return (await world.client.getTransactionReceipt({ hash })).gasUsed;
    };
    await used(0x1100n, 1_000_000n);
    const tight = await used(0x1101n, 47_000n);
    const loose = await used(0x1102n, 470_000n);
    // The bytes of the ids differ, and a zero byte is 12 gas cheaper.
    expect(Math.abs(Number(tight - loose))).toBeLessThan(100);
  });
});
