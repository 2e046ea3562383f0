import { getAddress, type Hex } from "viem";
import { describe, expect, it } from "vitest";
import type { Authorization } from "./authorization.ts";
import { authorizationIn, expectRevert, FUNDS, told, useWorld } from "./world.ts";

const world = await useWorld();
const { receiver, viem, networkHelpers } = world;
const settle = (entries: Authorization[], gas: bigint) =>
  receiver.write.settleBatch([entries], { account: world.stranger.account, gas });

/** Of what `SlowWallet` burns, 1,000 gas a byte. */
const slowness = (thousands: number): Hex => `0x${"11".repeat(thousands)}`;

describe("settleBatch with little gas", () => {
  it("counts what is left for each entry", async () => {
    const entries = [await authorizationIn(world), await authorizationIn(world), await authorizationIn(world)];
    await expectRevert(world, settle(entries, 450_000n), ["TooLittleGas"]);
    const names = (await told(world, settle(entries, 520_000n))).map(([name]) => name);
    expect(names).toEqual(["Settled", "Settled", "Settled"]);
  });

  it("gives an entry all of GAS_PER_ENTRY or reverts, whatever the limit", async () => {
    const slow = await slowestThatSettles();
    const outcomes = new Set<string>();
    for (let gas = 330_000n; gas < 420_000n; gas += 500n) outcomes.add(await outcomeOf(slow, gas));
    expect(outcomes).toEqual(new Set(["Settled", "TooLittleGas"]));
  });

  it("is content with exactly enough: 64/63 of GAS_PER_ENTRY and 3,000", async () => {
    const one = await authorizationIn(world);
    let gas = 320_000n;
    // Each unit of the limit is a unit left.
    for (let step = 16_384n; step > 0n; step /= 2n) {
      if ((await outcomeOf(one, gas + step)) === "TooLittleGas") gas += step;
    }
    await expect(settle([one], gas)).rejects.toThrow("TooLittleGas(307760, 307761)");
    expect(await outcomeOf(one, gas + 1n)).toBe("Settled");
  });
});

/** What the batch of this entry tells or reverts with; it is undone. */
async function outcomeOf(entry: Authorization, gas: bigint): Promise<string> {
  const start = await networkHelpers.takeSnapshot();
  try {
    return (await told(world, settle([entry], gas)))[0]?.[0] as string;
  } catch (error) {
    return String(error).includes("TooLittleGas") ? "TooLittleGas" : String(error);
  } finally {
    await start.restore();
  }
}

/** The dearest entry, to a thousand gas, that a batch settles when there is gas in plenty. */
async function slowestThatSettles(): Promise<Authorization> {
  const address = getAddress((await viem.deployContract("SlowWallet")).address);
  await world.circle.mint(address, FUNDS);
  const slow = await authorizationIn(world, { from: address });
  let longest = 180;
  while ((await outcomeOf({ ...slow, signature: slowness(longest + 1) }, 1_000_000n)) === "Settled") longest++;
  expect(longest).toBeGreaterThan(180);
  return { ...slow, signature: slowness(longest) };
}
