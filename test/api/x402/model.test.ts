import { describe, expect, it } from "vitest";
import { runOnce } from "./model-run.ts";

const RUNS = 12_000;

async function faults(seeds: number, indexLies = false): Promise<string[]> {
  const found: string[] = [];
  for (let seed = 1; seed <= seeds && found.length < 5; seed++) {
    const fault = await runOnce(seed, indexLies);
    if (fault) found.push(`seed ${seed}: ${fault}`);
  }
  return found;
}

describe("an order in a world that fails at every step", () => {
  it(`comes to its right end in ${RUNS} lives with crashes, copies, time-outs, reorgs and strangers`, async () => {
    expect(await faults(RUNS)).toEqual([]);
  });

  it("would not, if the index said that it knows when it does not: the runs notice", async () => {
    expect((await faults(2_000, true)).join()).toContain("charged for nothing");
  });
});
