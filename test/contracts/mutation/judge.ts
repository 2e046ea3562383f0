import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Run, Workspace } from "../workspace.ts";
import type { Mutant } from "./mutants.ts";

/** Runs the tests over one fault at a time, the quick ones first. */
export type Judge = {
  /** What went wrong without a fault; undefined when all tests pass. */
  judgeBase(): Promise<string | undefined>;
  kills(mutant: Mutant): Promise<boolean>;
  close(): void;
};

/** They judge gas and bytecode, which every change changes, or cost more time than they add. */
const LEFT_OUT = ["gas", "bytecode", "model", "create2", "deployment"];

export function openJudge(): Judge {
  // Two copies, for the quick tests would else compile the slow ones each time.
  const [quick, slow] = [new Workspace(), new Workspace()];
  rmSync(join(quick.folder, "test/contracts/solidity"), { recursive: true });
  for (const { folder } of [quick, slow]) cheapen(join(folder, "hardhat.config.ts"));

  const exclude = LEFT_OUT.flatMap((name) => ["--exclude", `**/${name}.test.ts`]);
  const vitest = ["run", "--project", "contracts", "--bail", "1", "--maxWorkers", "1", ...exclude, "test/contracts"];
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
