import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Contract, LEFT_OUT } from "../sources.ts";
import { type Run, Workspace } from "../workspace.ts";
import type { Mutant } from "./mutants.ts";

const SOLIDITY = "test/contracts/solidity";

/** Runs the tests over one fault at a time, the quick ones first. */
export type Judge = {
  /** What went wrong without a fault; undefined when all tests pass. */
  judgeBase(): Promise<string | undefined>;
  kills(mutant: Mutant): Promise<boolean>;
  close(): void;
};

export function openJudge({ tests, othersTests, solidityTests }: Contract): Judge {
  // Two copies, for the quick tests would else compile the slow ones each time.
  const [quick, slow] = [new Workspace(), new Workspace()];
  rmSync(join(quick.folder, SOLIDITY), { recursive: true });
  for (const file of readdirSync(join(slow.folder, SOLIDITY))) {
    if (file.endsWith(".t.sol") && !file.startsWith(solidityTests)) rmSync(join(slow.folder, SOLIDITY, file));
  }
  for (const { folder } of [quick, slow]) cheapen(join(folder, "hardhat.config.ts"));

  const left = [...LEFT_OUT.map((name) => `**/${name}.test.ts`), ...(othersTests ? [othersTests] : [])];
  const exclude = left.flatMap((pattern) => ["--exclude", pattern]);
  const vitest = ["run", "--project", "contracts", "--bail", "1", "--maxWorkers", "1", ...exclude, tests];
  const runQuick = () => quick.run(["vitest", ...vitest]);
  const runSlow = () => slow.run(["hardhat", "test", "solidity"]);

  return {
    judgeBase: async () => {
      for (const { code, output } of [await runQuick(), await runSlow()]) {
        if (code !== 0) return output.slice(-5_000);
      }
      return undefined;
    },
    kills: async ({ file, source }) => {
      const places = [quick, slow].map(({ folder }) => join(folder, file));
      const before = readFileSync(join(quick.folder, file));
      for (const place of places) writeFileSync(place, source);
      const killed = failed(await runQuick(), / FAIL /) || failed(await runSlow(), /\d+ failing/);
      for (const place of places) writeFileSync(place, before);
      return killed;
    },
    close: () => {
      for (const workspace of [quick, slow]) workspace[Symbol.dispose]();
    },
  };
}

/** True when a test failed; a run that ended badly for another reason proves nothing. */
function failed({ code, output }: Run, told: RegExp): boolean {
  if (code === 0) return false;
  if (!told.test(output)) throw new Error(`the tests did not run:\n${output.slice(-5_000)}`);
  return true;
}

/** Fewer random runs and the quick compiler: a fault that needs more is a fault of the tests above. */
function cheapen(config: string): void {
  const source = readFileSync(config, "utf8");
  const cheap = source
    .replace("viaIR: true", "viaIR: false")
    .replace("runs: 10_000", "runs: 500")
    .replace("runs: 1_000", "runs: 30");
  if (cheap === source) throw new Error(`${config} no longer says what it costs`);
  writeFileSync(config, cheap);
}
