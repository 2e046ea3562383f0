import { parseEther } from "viem";
import { describe, expect, it } from "vitest";
import { itCostsWhatWasCommitted } from "./gas-checks.ts";
import { measureGas } from "./gas-table.ts";
import { boundIdIn, createWorld } from "./world.ts";

describe("gas, steady state, 1 % fee", async () => {
  itCostsWhatWasCommitted(await measureGas(), new URL("gas-snapshot.json", import.meta.url));
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
